"""What earlier briefings and feedback mean for the next one."""
