package decode

import "github.com/restail/restail/decode/record"

// x does not say which authors are bots.
var x = Platform{
	Slug: "x", Name: "X", Color: 102,
	sources: []int{28},
	Types:   []EventType{{24, "text", (*row).x}},
	handle:  (*row).putUsername,
}

func (r *row) x() { r.put(record.IsVerified, r.author.verified) }
