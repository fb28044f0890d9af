package serve

func rumbleRooms() []*room {
	return []*room{{
		key: "rumble", slug: "rumble", source: 33, target: "v61goat",
		about:  ownedBy("rumble", "LottesWorkbench", "v61goat", 4100111),
		emotes: []string{":r+goat:", ":r+bzzt:", ":r+party:"},
		voice: func(l line) (int, object) {
			return 32, object{
				"author": object{
					"avatar":      l.by.avatar(),
					"displayName": l.by.name,
					"id":          digits(10, "rumble", l.by.nick),
					"name":        l.by.nick,
				},
				"bot":      false,
				"replaces": l.replaces(),
				"text":     l.text,
			}
		},
	}}
}
