package decode

import "github.com/restail/restail/decode/record"

// rumble writes a message of Rumble's live chat.
func rumble(r *row) {
	r.person()
	r.message()
	r.put(record.AuthorName, keyName)
}
