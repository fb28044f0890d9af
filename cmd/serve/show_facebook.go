package serve

// Marks in the cast: withheld (Facebook does not tell who it is). In brackets:
// sticker NAME.

// facebookRooms are the streamer's profile and a public page: each has types
// of its own.
func facebookRooms() []*room {
	video := func(id, title string) object {
		return object{"id": id, "status": "LIVE", "title": title, "url": "https://facebook.example.com/videos/" + id}
	}
	return []*room{
		{
			key: "facebook", slug: "facebook", source: 19, target: "1061979000000061",
			about: object{
				"liveVideo":        video("1061979000000061", "Saving a synthesizer from a goat"),
				"user":             object{"avatar": "https://avatars.example.com/facebook/lotte.png", "id": "100061197900061", "name": "Lotte Lötet"},
				"websiteChannelId": 4100104,
			},
			answers: true, voice: facebookVoice(11),
		},
		{
			key: "page", slug: "facebook", source: 20, target: "2061979000000062",
			about: object{
				"liveVideo":        video("2061979000000062", "Kaputt & Klang, live"),
				"page":             object{"id": "206119790006", "name": "Kaputt & Klang", "picture": "https://avatars.example.com/facebook/page.png"},
				"websiteChannelId": 4100105,
			},
			answers: true, voice: facebookVoice(13),
		},
	}
}

// facebookVoice makes events of that type, and stickers of the next one.
func facebookVoice(text int) func(line) (int, object) {
	return func(l line) (int, object) {
		author := object{"id": digits(16, "facebook", l.by.nick), "name": l.by.name, "picture": l.by.avatar()}
		if l.by.is("withheld") {
			author = object{}
		}
		payload := object{"author": author, "bot": false, "text": l.text}
		if l.to != nil {
			payload["parent"] = object{"name": l.to.name}
		}
		if l.how == "sticker" {
			payload["link"] = "https://stickers.example.com/facebook/" + l.details[0] + ".png"
			return text + 1, payload
		}
		return text, payload
	}
}
