"""Who is in care, what they answered, what worries us, and which help to propose."""
