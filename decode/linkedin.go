package decode

// linkedin sends the author only of people who allow it.
var linkedin = Platform{
	Slug: "linkedin", Name: "LinkedIn", Color: 31,
	sources: []int{26},
	Types:   []EventType{{21, "text", nil}},
}
