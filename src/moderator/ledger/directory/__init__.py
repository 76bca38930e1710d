"""People, departments and chats, as last seen."""
