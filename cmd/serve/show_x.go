package serve

// Marks in the cast: verified.

// xRooms is X, which still has its old name in identifiers.
func xRooms() []*room {
	return []*room{{
		key: "x", slug: "twitter", source: 28, target: "1dRKBarnFoundGX",
		about: ownedBy("x", "Lotte repairs things", "61197900061", 4100109),
		voice: func(l line) (int, object) {
			return 24, object{
				"author": object{
					"avatar":      l.by.avatar(),
					"displayName": l.by.name,
					"id":          digits(12, "x", l.by.nick),
					"username":    l.by.nick,
					"verified":    l.by.is("verified"),
				},
				"text": l.text,
			}
		},
	}}
}
