package serve

// Marks in the cast: withheld (Trovo does not tell who it is).

func trovoRooms() []*room {
	return []*room{{
		key: "trovo", slug: "trovo", source: 27, target: "100061979",
		about:  ownedBy("trovo", "LotteOnTrovo", "100061979", 4100108),
		emotes: []string{":goat", ":spark", ":hooray"},
		voice: func(l line) (int, object) {
			payload := object{"bot": false, "replaces": l.replaces(), "text": l.text}
			if !l.by.is("withheld") {
				payload["author"] = object{"avatarUrl": l.by.avatar(), "name": l.by.name}
			}
			return 22, payload
		},
	}}
}

// ownedBy is the target of platforms that the vendor's page does not list:
// Trovo, X, Kick and Rumble, by the shape of those that it does.
func ownedBy(slug, name, id string, channel int) object {
	return object{
		"owner": object{
			"avatar":      "https://avatars.example.com/" + slug + "/lotte.png",
			"displayName": name,
			"id":          id,
			"url":         "https://" + slug + ".example.com/" + id,
		},
		"websiteChannelId": channel,
	}
}
