"""The AI service of Qingyu: answers and drafts from a user's own documents."""
