package decode

import "github.com/restail/restail/decode/record"

// facebook has a source and two types each for comments on the live videos of a
// profile, a page and a group, in this order. Groups are retired. Facebook often
// withholds the author.
var facebook = Platform{
	Slug: "facebook", Name: "Facebook", Color: 27,
	sources: []int{19, 20, 21},
	Types: []EventType{
		{11, "text", (*row).facebook}, {12, "sticker", (*row).facebook},
		{13, "text", (*row).facebook}, {14, "sticker", (*row).facebook},
		{19, "text", (*row).facebook}, {20, "sticker", (*row).facebook},
	},
}

func (r *row) facebook() { r.put(record.ReplyTo, r.event.parentName) }
