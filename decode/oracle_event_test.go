package decode

import (
	"encoding/json"
	"slices"
	"strings"
)

// oracleTypes are platform and type by eventTypeId.
var oracleTypes = map[string]string{
	"1": "discord text", "2": "dlive text", "3": "dlive emoji", "4": "twitch text", "5": "youtube text", "7": "youtube super_chat", "8": "youtube super_sticker",
	"11": "facebook text", "12": "facebook sticker", "13": "facebook text", "14": "facebook sticker", "19": "facebook text", "20": "facebook sticker", "21": "linkedin text",
	"22": "trovo text", "23": "youtube member_milestone", "24": "x text", "25": "kick text", "26": "kick subscription", "28": "youtube membership", "29": "youtube membership_gift", "32": "rumble text",
}

func (o *oracleRecord) event(p object) {
	o.number("type_id", p["eventTypeId"])
	platform, kind, known := strings.Cut(oracleTypes[catalogue(p["eventTypeId"])], " ")
	if !known {
		platform, kind = "any", "unknown"
	}
	is := func(platforms ...string) bool { return platform == "any" || slices.Contains(platforms, platform) }
	e := p.object("eventPayload")
	a := e.object("author")
	o.fields["type"] = kind
	o.fields["author"] = ""
	o.text("author", a["nickname"], a["displayName"], a["name"], a["username"])
	o.id("author_id", a["id"])
	o.text("author_avatar", a["avatar"], a["avatarUrl"], a["picture"])
	o.text("author_color", a["color"], a["nicknameColor"])
	o.flag("is_bot", e["bot"])
	o.fields["text"] = ""
	o.text("text", e["text"])
	o.emotes(o.fields["text"].(string), e.list("replaces"))
	o.text("image", e["link"])
	o.id("message_id", e["liveChatMessageId"], e["twitchMessageId"])
	donation := e.object("donation")
	o.text("amount", donation["amount"])
	if n, ok := donation["amount"].(json.Number); ok {
		o.fields["amount"] = string(n)
	}
	o.text("currency", donation["currencyString"])
	o.number("tier", donation["tier"])
	o.id("sticker_id", donation["stickerId"])
	o.text("level", e.object("memberMilestone")["memberLevelName"], e.object("membership")["memberLevelName"], e.object("giftMemberships")["levelName"])
	o.author(platform, a)
	if is("twitch") {
		o.twitch(platform, a, e)
	}
	if is("youtube") {
		o.youtube(kind, a, e)
	}
	if is("dlive") {
		o.dlive(a)
	}
	if is("discord") {
		o.text("discriminator", a["discriminator"])
	}
	if platform == "any" {
		o.roles(a)
	}
	if is("x") {
		if _, told := o.fields["is_verified"]; !told {
			o.flag("is_verified", a["verified"])
		}
	}
	if is("facebook", "kick") {
		o.text("reply_to", e.object("repliedTo")["displayName"], e.object("parent")["name"])
		if platform != "any" {
			delete(o.fields, "reply_to")
			o.text("reply_to", e.object("parent")["name"])
		}
	}
	if is("kick") {
		o.number("months", e["subscribedFor"])
		o.texts("gifted_to", e.list("giftedTo"), true, "")
		if names, ok := o.fields["gifted_to"].([]string); ok {
			o.fields["is_gift"], o.fields["gift_count"] = true, len(names)
		}
	}
}

func (o *oracleRecord) author(platform string, a object) {
	of := platform
	if of == "any" {
		of, _ = o.fields["platform"].(string)
	}
	switch of {
	case "twitch":
		o.text("author_name", a["name"], a["username"])
	case "x", "kick", "dlive":
		o.text("author_name", a["username"])
	case "discord", "rumble":
		o.text("author_name", a["name"])
	case "youtube", "facebook", "linkedin", "trovo":
	default:
		_, hasDisplayName := a["displayName"]
		_, hasNickname := a["nickname"]
		if hasDisplayName || hasNickname {
			o.text("author_name", a["name"], a["username"])
		} else {
			o.text("author_name", a["username"])
		}
	}
	switch platform {
	case "twitch":
		o.texts("badges", a.list("badges"), false, "title")
	case "dlive":
		o.texts("badges", a.list("badges"), true, "")
	case "discord":
		o.texts("badges", a.list("roles"), false, "name")
	case "any":
		o.texts("badges", a.list("badges"), true, "title")
	}
}

// roles appends those of an unknown type's author to the badges.
func (o *oracleRecord) roles(a object) {
	titles, _ := o.fields["badges"].([]string)
	delete(o.fields, "badges")
	o.texts("badges", a.list("roles"), true, "name")
	names, _ := o.fields["badges"].([]string)
	if all := slices.Concat(titles, names); len(all) > 0 {
		o.fields["badges"] = all
	}
}

func (o *oracleRecord) twitch(platform string, a, e object) {
	o.number("months", a["subscribedFor"])
	o.flag("is_first", e["firstMessage"])
	o.flag("is_action", e.object("contentModifiers")["me"])
	o.flag("is_whisper", e.object("contentModifiers")["whisper"])
	o.text("reply_to", e.object("repliedTo")["displayName"])
	o.id("reply_to_id", e.object("repliedTo")["twitchMessageId"])
	o.id("thread_id", e.object("repliedInThread")["twitchMessageId"])
	if platform == "any" && o.fields["platform"] != "twitch" {
		return
	}
	months, _ := a["subscribedFor"].(json.Number)
	mantissa, _, _ := strings.Cut(strings.ToLower(string(months)), "e")
	subscriber := strings.ContainsAny(mantissa, "123456789") && mantissa[0] != '-'
	_, sent := a["badges"].([]any)
	if sent {
		titles, _ := o.fields["badges"].([]string)
		o.fields["is_owner"], o.fields["is_moderator"] = false, false
		for _, title := range titles {
			title = asciiLower(title)
			if title == "broadcaster" {
				o.fields["is_owner"] = true
			}
			if title == "moderator" {
				o.fields["is_moderator"] = true
			}
			subscriber = subscriber || strings.Contains(title, "subscriber") || strings.Contains(title, "founder")
		}
	}
	if sent || subscriber {
		o.fields["is_subscriber"] = subscriber
	}
}

func (o *oracleRecord) youtube(kind string, a, e object) {
	o.flag("is_owner", a["isChatOwner"])
	o.flag("is_moderator", a["isChatModerator"])
	o.flag("is_subscriber", a["isChatSponsor"])
	o.flag("is_verified", a["isVerified"])
	o.number("months", e.object("memberMilestone")["memberMonth"])
	o.flag("is_gift", e.object("membership")["gift"])
	o.number("gift_count", e.object("giftMemberships")["count"])
	if kind == "membership_gift" {
		o.fields["is_gift"] = true
	}
}

func (o *oracleRecord) dlive(a object) {
	o.text("role", a["role"])
	o.text("room_role", a["roomRole"])
	o.text("partner_status", a["partnerStatus"])
	o.flag("is_subscriber", a["subscribing"])
	if role, ok := o.fields["room_role"].(string); ok {
		o.fields["is_owner"], o.fields["is_moderator"] = asciiLower(role) == "owner", asciiLower(role) == "moderator"
	}
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, s)
}
