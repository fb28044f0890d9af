package serve

import (
	"encoding/base64"
	"strconv"
)

// youtubeRooms have the marks owner, mod, member, verified and bot. In brackets:
//
//	superchat AMOUNT CURRENCY TIER
//	supersticker AMOUNT CURRENCY TIER STICKER
//	milestone MONTHS LEVEL
//	member LEVEL            a new member
//	gifted LEVEL            somebody who received a membership
//	gifts COUNT LEVEL       somebody who gives them
//
// LEVEL has _ for blanks.
func youtubeRooms() []*room {
	return []*room{{
		key: "youtube", slug: "youtube", source: 13, target: "Kq-61_BarnFnd",
		about: object{
			"event": object{
				"id": "Kq-61_BarnFnd", "title": "Saving a synthesizer from a goat", "url": "https://youtube.example.com/watch?v=Kq-61_BarnFnd",
			},
			"owner": object{
				"avatar": "https://avatars.example.com/youtube/lotte.png", "displayName": "Lotte's Workbench", "id": youtubeID("lotte"),
			},
			"websiteChannelId": 4100103,
		},
		event: youtubeEvent,
	}}
}

func youtubeEvent(l line) (int, object) {
	payload := object{
		"author": object{
			"avatar":          l.by.avatar(),
			"displayName":     l.by.name,
			"id":              youtubeID(l.by.nick),
			"isChatModerator": l.by.is("mod"),
			"isChatOwner":     l.by.is("owner"),
			"isChatSponsor":   l.by.is("member"),
			"isVerified":      l.by.is("verified"),
		},
		"bot":               l.by.is("bot"),
		"liveChatMessageId": "LCC." + base64.RawURLEncoding.EncodeToString([]byte(l.id[:18])),
		"text":              l.text,
	}
	detail := func(i int) string { return l.details[i] }
	count := func(i int) int { n, _ := strconv.Atoi(l.details[i]); return n }
	switch l.how {
	case "superchat":
		payload["donation"] = object{"amount": detail(0), "currencyString": detail(1), "tier": count(2)}
		return 7, payload
	case "supersticker":
		payload["donation"] = object{"amount": detail(0), "currencyString": detail(1), "stickerId": detail(3), "tier": count(2)}
		return 8, payload
	case "milestone":
		payload["memberMilestone"] = object{"memberLevelName": spaced(detail(1)), "memberMonth": count(0)}
		return 23, payload
	case "member", "gifted":
		payload["membership"] = object{"gift": l.how == "gifted", "memberLevelName": spaced(detail(0))}
		return 28, payload
	case "gifts":
		payload["giftMemberships"] = object{"count": count(0), "levelName": spaced(detail(1))}
		return 29, payload
	}
	return 5, payload
}

func youtubeID(nick string) string { return "UC" + digest("youtube", nick)[:22] }
