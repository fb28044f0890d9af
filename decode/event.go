package decode

import (
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// eventType is what an eventTypeId stands for: the type in the record, and who
// writes what the platform says.
type eventType struct {
	name string
	read func(*row, *eventPayload)
}

// eventTypes are the types of event by eventTypeId.
var eventTypes = [...]eventType{
	1:  {"text", discord},
	2:  {"text", dlive},
	3:  {"emoji", dlive},
	4:  {"text", twitch},
	5:  {"text", youtube},
	7:  {"super_chat", youtube},
	8:  {"super_sticker", youtube},
	11: {"text", facebook},    // personal profile
	12: {"sticker", facebook}, // personal profile
	13: {"text", facebook},    // public page
	14: {"sticker", facebook}, // public page
	19: {"text", facebook},    // group, retired
	20: {"sticker", facebook}, // group, retired
	21: {"text", linkedin},
	22: {"text", trovo},
	23: {"member_milestone", youtube},
	24: {"text", x},
	25: {"text", kick},
	26: {"subscription", kick},
	28: {"membership", youtube},
	29: {"membership_gift", youtubeGift},
	32: {"text", rumble},
}

// event writes what somebody said or gave.
func (d *Decoder) event() {
	r, p := &d.row, &d.frame.payload
	d.common()
	d.putOrigin()
	r.putChannel(d.connections.find(r.Bytes(record.Connection)))

	r.put(record.TypeID, p.typeID)
	r.put(record.EventID, p.eventID)
	r.put(record.BroadcastID, p.broadcastID)
	r.put(record.ShowID, p.showID)

	kind := eventType{"unknown", unlisted}
	if id := integer(p.typeID); id >= 0 && id < len(eventTypes) && eventTypes[id].read != nil {
		kind = eventTypes[id]
	}
	r.SetPlain(record.Type, kind.name)
	kind.read(r, &p.event)
}

// person writes what any platform may say of an author.
func (r *row) person(a *author) {
	r.SetPlain(record.Author, "")
	r.put(record.Author, a.nickname, a.displayName, a.name, a.username)
	r.put(record.AuthorID, a.id)
	r.put(record.AuthorAvatar, a.avatar, a.avatarURL, a.picture)
	r.put(record.AuthorColor, a.color, a.nicknameColor)
}

// message writes what any platform may say of a message.
func (r *row) message(e *eventPayload) {
	r.SetPlain(record.Text, "")
	r.put(record.Text, e.text)
	r.putEmotes(r.Chars(record.Text), e.replaces)
	r.put(record.IsBot, e.bot)
	r.put(record.Image, e.link)
	r.put(record.MessageID, e.liveChatMessageID, e.twitchMessageID)
}

// unlisted reads an event of a type that nobody has documented: whatever any
// platform would say with the same keys, so that nothing known is lost.
func unlisted(r *row, e *eventPayload) {
	a := &e.author
	r.person(a)
	r.message(e)
	if a.displayName.Kind != scan.Missing || a.nickname.Kind != scan.Missing {
		r.put(record.AuthorName, a.name, a.username) // a name beside the one that is shown is a handle
	} else {
		r.put(record.AuthorName, a.username)
	}
	r.list(record.Badges, a.badges)
	if string(r.Bytes(record.Platform)) == "twitch" {
		r.twitchRoles(a)
	}
	r.twitchMessage(e)
	r.youtubeRoles(a)
	r.youtubeMoney(e)
	r.discordMember(a)
	r.dliveRoles(a)
	r.put(record.IsVerified, a.isVerified, a.verified)
	r.put(record.ReplyTo, e.repliedTo.displayName, e.parentName)
	r.kickSubscription(e)
}
