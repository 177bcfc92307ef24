"""The business back end of Qingyu: accounts, documents, conversations, and the way to the AI."""
