package decode

// trovo sends the author only of people who allow it.
var trovo = Platform{
	Slug: "trovo", Name: "Trovo", Color: 29,
	sources: []int{27},
	Types:   []EventType{{22, "text", nil}},
}
