package decode

import "github.com/restail/restail/decode/record"

// facebook writes a comment on a live video of a profile, a page or a group, or a
// sticker there. Facebook often withholds the author.
func facebook(r *row) {
	r.person()
	r.message()
	r.put(record.ReplyTo, keyParentName)
}
