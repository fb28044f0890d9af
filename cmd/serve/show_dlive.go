package serve

import "strings"

// Marks in the cast: mod, sub, badges=ONE,TWO. In brackets: emoji NAME.

func dliveRooms() []*room {
	return []*room{{
		key: "dlive", slug: "dlive", source: 24, target: "lotte-workbench",
		about: object{
			"owner": object{
				"avatar": "https://avatars.example.com/dlive/lotte.png", "displayName": "LotteWorkbench",
				"url": "https://dlive.example.com/LotteWorkbench", "username": "lotte-workbench",
			},
			"websiteChannelId": 4100106,
		},
		voice: dliveVoice,
	}}
}

func dliveVoice(l line) (int, object) {
	badges, place := []string{}, "Member"
	if l.by.is("badges") {
		badges = strings.Split(l.by.marks["badges"], ",")
	}
	if l.by.is("mod") {
		place = "Moderator"
	}
	payload := object{
		"author": object{
			"avatar":        l.by.avatar(),
			"badges":        badges,
			"name":          l.by.name,
			"partnerStatus": "NONE",
			"role":          "None",
			"roomRole":      place,
			"subscribing":   l.by.is("sub"),
			"username":      l.by.nick,
		},
		"bot": l.by.is("bot"),
	}
	if l.how == "emoji" {
		payload["link"] = "https://emoji.example.com/dlive/" + l.details[0] + ".png"
		return 3, payload
	}
	payload["text"] = l.text
	return 2, payload
}
