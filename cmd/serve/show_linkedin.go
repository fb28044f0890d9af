package serve

// Marks in the cast: withheld (LinkedIn does not tell who it is).

func linkedinRooms() []*room {
	return []*room{{
		key: "linkedin", slug: "linkedin", source: 26, target: "urn-li-ugcPost-7061197900",
		about: object{
			"organization":     object{"avatarUrl": "https://avatars.example.com/linkedin/lotte.png", "id": 6119790, "name": "Workbench Repairs Ltd."},
			"post":             object{"id": "urn:li:ugcPost:7061197900", "url": "https://linkedin.example.com/posts/7061197900"},
			"websiteChannelId": 4100107,
		},
		voice: func(l line) (int, object) {
			payload := object{"bot": false, "text": l.text}
			if !l.by.is("withheld") {
				payload["author"] = object{"avatarUrl": l.by.avatar(), "name": l.by.name}
			}
			return 21, payload
		},
	}}
}
