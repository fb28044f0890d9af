package serve

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// shape is an interface of the vendor's pages: its keys and what their values are, a
// shape, a list of one, or a type. A key with a question mark is optional.
type shape map[string]any

type list []any

var (
	youtubeAuthor = shape{
		"id": "string", "avatar": "string", "displayName": "string", "isChatModerator": "boolean",
		"isChatOwner": "boolean", "isChatSponsor": "boolean", "isVerified": "boolean",
	}
	dliveAuthor = shape{
		"avatar": "string", "badges": list{"string"}, "name": "string", "partnerStatus": "string",
		"role": "string", "roomRole": "string", "subscribing": "boolean", "username": "string",
	}
	facebookAuthor = shape{"id?": "string", "name?": "string", "picture?": "string"}
	openAuthor     = shape{"avatarUrl?": "string", "name": "string"}
	replaces       = list{shape{"from": "number", "to": "number", "type": "string", "payload": shape{"url": "string"}}}
	facebookText   = shape{"author": facebookAuthor, "bot": "false", "parent?": shape{"name?": "string"}, "text": "string"}
	twitchMention  = orNull{shape{"displayName": "string", "twitchMessageId": "string", "twitchUserId": "string"}}
)

// orNull is a value that can be null.
type orNull struct{ what any }

// payloads are the interfaces of api-events.txt.
var payloads = map[int]shape{
	1: {
		"author": shape{
			"avatar": orNull{"string"}, "discriminator": "string", "id": "string", "name": "string",
			"nickname": orNull{"string"}, "nicknameColor": orNull{"string"},
			"roles": orNull{list{shape{"color": "string", "name": "string"}}},
		},
		"bot": "boolean", "text": "string",
	},
	2: {"author": dliveAuthor, "bot": "boolean", "text": "string"},
	3: {"author": dliveAuthor, "bot": "boolean", "link": "string"},
	4: {
		"author": shape{
			"avatar": orNull{"string"}, "badges": list{shape{"title": "string", "imageUrl": "string", "clickUrl": orNull{"string"}}},
			"color": orNull{"string"}, "displayName": orNull{"string"}, "id": "string", "name": "string",
			"subscribedFor": orNull{"number"}, "username": "string",
		},
		"bot": "boolean", "contentModifiers": shape{"me": "boolean", "whisper": "boolean"}, "firstMessage": "boolean",
		"replaces": replaces, "repliedInThread": twitchMention, "repliedTo": twitchMention,
		"text": "string", "twitchMessageId": orNull{"string"},
	},
	5: {"author": youtubeAuthor, "bot": "boolean", "liveChatMessageId": "string", "text": "string"},
	7: {
		"author": youtubeAuthor, "bot": "false", "liveChatMessageId": "string", "text": "string",
		"donation": shape{"amount": "string", "currencyString": "string", "tier": "number"},
	},
	8: {
		"author": youtubeAuthor, "bot": "boolean", "liveChatMessageId": "string", "text": "string",
		"donation": shape{"amount": "string", "currencyString": "string", "stickerId": "string", "tier": "number"},
	},
	11: facebookText,
	12: with(facebookText, "link", "string"),
	13: facebookText,
	14: with(facebookText, "link", "string"),
	21: {"author?": openAuthor, "bot": "false", "text": "string"},
	22: {"author?": openAuthor, "bot": "false", "text": "string", "replaces": replaces},
	23: {
		"author": youtubeAuthor, "bot": "false", "liveChatMessageId": "string", "text": "string",
		"memberMilestone": shape{"memberMonth": "number", "memberLevelName?": "string"},
	},
	24: {
		"author": shape{"id": "string", "avatar?": "string", "displayName": "string", "username": "string", "verified": "boolean"},
		"text":   "string",
	},
	25: {
		"author": shape{"id": "number", "username": "string"}, "parent?": shape{"name": "string"},
		"bot": "boolean", "replaces": replaces, "text": "string",
	},
	26: {"author": shape{"username": "string"}, "subscribedFor?": "number", "giftedTo?": list{"string"}},
	28: {
		"author": youtubeAuthor, "bot": "false", "liveChatMessageId": "string", "text": "string",
		"membership": shape{"gift": "boolean", "memberLevelName": "string"},
	},
	29: {
		"author": youtubeAuthor, "bot": "false", "liveChatMessageId": "string", "text": "string",
		"giftMemberships": shape{"count": "number", "levelName": "string"},
	},
	32: {
		"author": shape{"avatar?": "string", "displayName": "string", "id": "string", "name": "string"},
		"bot":    "false", "replaces": replaces, "text": "string",
	},
}

func with(s shape, key string, what any) shape {
	more := maps.Clone(s)
	more[key] = what
	return more
}

// targets are the interfaces of api-connections.txt by event source; for the
// sources that it does not list, that of Twitch, which they resemble.
var targets = map[int]shape{
	2:  owned,
	13: {"event": shape{"id": "string", "title?": "string", "url": "string"}, "owner": shape{"avatar?": "string", "displayName": "string", "id": "string"}, "websiteChannelId": "number"},
	19: {"liveVideo": liveVideo, "user": shape{"avatar?": "string", "id": "string", "name": "string"}, "websiteChannelId": "number"},
	20: {"liveVideo": liveVideo, "page": shape{"id": "string", "name": "string", "picture?": "string"}, "websiteChannelId": "number"},
	24: {"owner": shape{"avatar?": "string", "displayName": "string", "url": "string", "username": "string"}, "websiteChannelId": "number"},
	25: {
		"channel": shape{"id": "string", "name?": "string", "url": "string"},
		"owner?":  shape{"avatar": "string", "id": "string", "name": "string"},
		"server?": shape{"icon": orNull{"string"}, "id": "string", "name": "string"},
	},
	26: {
		"organization?": shape{"avatarUrl?": "string", "id": "number", "name": "string"}, "post": shape{"id": "string", "url?": "string"},
		"user?": shape{"avatarUrl?": "string", "id?": "string", "name": "string"}, "websiteChannelId": "number",
	},
	27: owned, 28: owned, 29: owned, 33: owned,
}

var (
	owned = shape{
		"owner":            shape{"avatar?": "string", "displayName": "string", "id": "string", "name?": "string", "url?": "string"},
		"websiteChannelId": "number",
	}
	liveVideo = shape{"id": "string", "status?": "string", "title?": "string", "url?": "string"}
)

// differs says how a value differs from a shape; "" when it does not.
func differs(at string, value, want any) string {
	switch want := want.(type) {
	case orNull:
		if value == nil {
			return ""
		}
		return differs(at, value, want.what)
	case shape:
		return differsIn(at, value, want)
	case list:
		items, ok := value.([]any)
		if !ok {
			return fmt.Sprintf("%s is %T, not a list", at, value)
		}
		for i, item := range items {
			if d := differs(fmt.Sprintf("%s[%d]", at, i), item, want[0]); d != "" {
				return d
			}
		}
		return ""
	}
	got := map[bool]string{true: fmt.Sprintf("%T", value), false: "false"}[value != false]
	kinds := map[string][]string{"string": {"string"}, "number": {"float64"}, "boolean": {"bool", "false"}, "false": {"false"}}
	if !slices.Contains(kinds[want.(string)], got) {
		return fmt.Sprintf("%s is %s, not %s", at, got, want)
	}
	return ""
}

func differsIn(at string, value any, want shape) string {
	members, ok := value.(map[string]any)
	if !ok {
		return fmt.Sprintf("%s is %T, not an object", at, value)
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		what, ok := want[key]
		if !ok {
			what, ok = want[key+"?"]
		}
		if !ok {
			return fmt.Sprintf("%s has a %s", at, key)
		}
		if d := differs(at+"."+key, members[key], what); d != "" {
			return d
		}
	}
	for key := range want {
		if _, ok := members[key]; !ok && !strings.HasSuffix(key, "?") {
			return fmt.Sprintf("%s has no %s", at, key)
		}
	}
	return ""
}
