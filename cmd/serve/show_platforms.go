package serve

import (
	"strconv"
	"strings"
)

// facebookRooms are the streamer's profile and a public page, each with event types
// of its own. The mark withheld leaves the author out. In brackets: sticker NAME.
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
			answers: true, event: facebookEvent(11),
		},
		{
			key: "page", slug: "facebook", source: 20, target: "2061979000000062",
			about: object{
				"liveVideo":        video("2061979000000062", "Kaputt & Klang, live"),
				"page":             object{"id": "206119790006", "name": "Kaputt & Klang", "picture": "https://avatars.example.com/facebook/page.png"},
				"websiteChannelId": 4100105,
			},
			answers: true, event: facebookEvent(13),
		},
	}
}

// facebookEvent makes events of the type text; that of a sticker is the next one.
func facebookEvent(text int) func(line) (int, object) {
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

// dliveRooms have the marks mod, sub and badges=ONE,TWO. In brackets: emoji NAME.
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
		event: dliveEvent,
	}}
}

func dliveEvent(l line) (int, object) {
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

// discordRooms are two channels of one server. The marks are nick=NICKNAME (with _
// for blanks), color=#RRGGBB, roles=ONE,TWO and bot.
func discordRooms() []*room {
	about := func(id, channel string) object {
		return object{
			"channel": object{"id": id, "name": channel, "url": "https://discord.example.com/channels/880061/" + id},
			"owner":   object{"avatar": "https://avatars.example.com/discord/lotte.png", "id": "770061", "name": "lotte"},
			"server":  object{"icon": nil, "id": "880061", "name": "Solder & Friends"},
		}
	}
	return []*room{
		{key: "discord", slug: "discord", source: 25, target: "990061", about: about("990061", "live-chat"), event: discordEvent},
		{key: "attic", slug: "discord", source: 25, target: "990062", about: about("990062", "attic"), event: discordEvent},
	}
}

func discordEvent(l line) (int, object) {
	var nickname, color, roles any
	if l.by.is("nick") {
		nickname = spaced(l.by.marks["nick"])
	}
	if l.by.is("color") {
		color = l.by.marks["color"]
	}
	if l.by.is("roles") {
		list := []object{}
		for name := range strings.SplitSeq(l.by.marks["roles"], ",") {
			list = append(list, object{"color": "#2ecc71", "name": name})
		}
		roles = list
	}
	return 1, object{
		"author": object{
			"avatar":        l.by.avatar(),
			"discriminator": "0",
			"id":            digits(18, "discord", l.by.nick),
			"name":          l.by.name,
			"nickname":      nickname,
			"nicknameColor": color,
			"roles":         roles,
		},
		"bot":  l.by.is("bot"),
		"text": l.text,
	}
}

// spaced returns a name that the script writes with _ for blanks.
func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

// linkedinRooms have the mark withheld, which leaves the author out.
func linkedinRooms() []*room {
	return []*room{{
		key: "linkedin", slug: "linkedin", source: 26, target: "urn-li-ugcPost-7061197900",
		about: object{
			"organization":     object{"avatarUrl": "https://avatars.example.com/linkedin/lotte.png", "id": 6119790, "name": "Workbench Repairs Ltd."},
			"post":             object{"id": "urn:li:ugcPost:7061197900", "url": "https://linkedin.example.com/posts/7061197900"},
			"websiteChannelId": 4100107,
		},
		event: func(l line) (int, object) {
			payload := object{"bot": false, "text": l.text}
			if !l.by.is("withheld") {
				payload["author"] = object{"avatarUrl": l.by.avatar(), "name": l.by.name}
			}
			return 21, payload
		},
	}}
}

// trovoRooms have the mark withheld, which leaves the author out.
func trovoRooms() []*room {
	return []*room{{
		key: "trovo", slug: "trovo", source: 27, target: "100061979",
		about:  ownedBy("trovo", "LotteOnTrovo", "100061979", 4100108),
		emotes: []string{":goat", ":spark", ":hooray"},
		event: func(l line) (int, object) {
			payload := object{"bot": false, "replaces": l.replaces(), "text": l.text}
			if !l.by.is("withheld") {
				payload["author"] = object{"avatarUrl": l.by.avatar(), "name": l.by.name}
			}
			return 22, payload
		},
	}}
}

// ownedBy returns the target of a connection to a platform that the vendor's page
// does not list. It resembles those of the others.
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

// xRooms have the mark verified. Identifiers still have the old name of X.
func xRooms() []*room {
	return []*room{{
		key: "x", slug: "twitter", source: 28, target: "1dRKBarnFoundGX",
		about: ownedBy("x", "Lotte repairs things", "61197900061", 4100109),
		event: func(l line) (int, object) {
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

// kickRooms have the mark bot. In brackets: sub [MONTHS], and gifts NAME… for
// subscriptions that are given to others.
func kickRooms() []*room {
	return []*room{{
		key: "kick", slug: "kick", source: 29, target: "6119790",
		about:   ownedBy("kick", "lotteworkbench", "6119790", 4100110),
		emotes:  []string{"kickBzzt", "kickGoat", "kickSalute"},
		answers: true,
		event:   kickEvent,
	}}
}

// kickEvent has no display names and no avatars. Only here ids are numbers.
func kickEvent(l line) (int, object) {
	switch l.how {
	case "sub":
		payload := object{"author": object{"username": l.by.name}}
		if len(l.details) > 0 {
			payload["subscribedFor"], _ = strconv.Atoi(l.details[0])
		}
		return 26, payload
	case "gifts":
		return 26, object{"author": object{"username": l.by.name}, "giftedTo": l.details}
	}
	id, _ := strconv.Atoi(digits(8, "kick", l.by.nick))
	payload := object{
		"author":   object{"id": id, "username": l.by.name},
		"bot":      l.by.is("bot"),
		"replaces": l.replaces(),
		"text":     l.text,
	}
	if l.to != nil {
		payload["parent"] = object{"name": l.to.name}
	}
	return 25, payload
}

func rumbleRooms() []*room {
	return []*room{{
		key: "rumble", slug: "rumble", source: 33, target: "v61goat",
		about:  ownedBy("rumble", "LottesWorkbench", "v61goat", 4100111),
		emotes: []string{":r+goat:", ":r+bzzt:", ":r+party:"},
		event: func(l line) (int, object) {
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
