package decode

import "github.com/restail/restail/decode/record"

// facebook reads a comment on a live video of a profile, a page or a group, or
// a sticker there. The author is what Facebook wants to tell: maybe nothing.
func facebook(r *row) {
	r.person()
	r.message()
	r.put(record.ReplyTo, keyParentName)
}
