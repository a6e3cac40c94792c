"""Reading anybody's schedule: our own JSON, and FHIR MedicationRequest as it is published."""
