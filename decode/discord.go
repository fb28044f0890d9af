package decode

import "github.com/restail/restail/decode/record"

var discord = Platform{
	Slug: "discord", Name: "Discord", Color: 62,
	sources: []int{25},
	Types:   []EventType{{1, "text", (*row).discord}},
	handle:  (*row).putName,
}

func (r *row) discord() {
	r.putList(record.Badges, r.author.roles, inObject)
	r.put(record.Discriminator, r.author.discriminator)
}
