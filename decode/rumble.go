package decode

var rumble = Platform{
	Slug: "rumble", Name: "Rumble", Color: 64,
	sources: []int{33},
	Types:   []EventType{{32, "text", nil}},
	handle:  (*row).putName,
}
