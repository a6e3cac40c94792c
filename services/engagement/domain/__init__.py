"""What is owed, when it shows, who hears of it next. Facts in, decisions out."""
