package decode

import "github.com/restail/restail/decode/record"

// rumble reads a message of Rumble's live chat.
func rumble(r *row, e *eventPayload) {
	r.person(&e.author)
	r.message(e)
	r.put(record.AuthorName, e.author.name)
}
