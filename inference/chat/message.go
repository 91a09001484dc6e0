package chat

// A Message is one turn of a conversation. Role is "system", "user" or "assistant".
type Message struct{ Role, Content string }
