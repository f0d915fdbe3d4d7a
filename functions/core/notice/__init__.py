"""What a person is told, and what is known of each message's fate."""
