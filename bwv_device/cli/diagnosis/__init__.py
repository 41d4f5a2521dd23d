"""What `bwv doctor` looks at: one module a subject, each giving findings; nothing is changed."""
