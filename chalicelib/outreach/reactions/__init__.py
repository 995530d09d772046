"""What outreach does when others have changed something. `jobs` declares to what each of these reacts."""
