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
	r.putFirst(record.Author, &a.nickname, &a.displayName, &a.name, &a.username)
	r.put(record.AuthorID, a.id)
	r.putFirst(record.AuthorAvatar, &a.avatar, &a.avatarURL, &a.picture)
	r.putFirst(record.AuthorColor, &a.color, &a.nicknameColor)
}

// message writes what any platform may say of a message.
func (r *row) message(e *eventPayload) {
	r.SetPlain(record.Text, "")
	r.put(record.Text, e.text)
	r.putEmotes(r.Chars(record.Text), e.replaces)
	r.put(record.IsBot, e.bot)
	r.put(record.Image, e.link)
	r.putFirst(record.MessageID, &e.liveChatMessageID, &e.twitchMessageID)

	r.put(record.Amount, e.donation.amount)
	r.put(record.Currency, e.donation.currencyString)
	r.put(record.Tier, e.donation.tier)
	r.put(record.StickerID, e.donation.stickerID)
	r.putFirst(record.Level, &e.memberMilestone.memberLevelName, &e.membership.memberLevelName, &e.giftMemberships.levelName)
}

// unlisted reads an event of a type that nobody has documented: whatever any
// platform would say with the same keys, so that nothing known is lost.
func unlisted(r *row, e *eventPayload) {
	a := &e.author
	r.person(a)
	r.message(e)
	r.handle(a)
	r.list(record.Badges, a.badges, inArray|inObject)
	if string(r.Bytes(record.Platform)) == "twitch" {
		r.twitchRoles(a)
	}
	r.twitchMessage(e)
	r.youtubeRoles(a)
	r.youtubeMembership(e)
	r.list(record.Badges, a.roles, inArray|inObject)
	r.put(record.Discriminator, a.discriminator)
	r.dliveRoles(a)
	r.putFirst(record.IsVerified, &a.isVerified, &a.verified)
	r.putFirst(record.ReplyTo, &e.repliedTo.displayName, &e.parentName)
	r.kickSubscription(e)
}

// handle writes the stable handle of an author by the platform's rule. On one
// that nobody listed, a name beside the one that is shown is a handle.
func (r *row) handle(a *author) {
	switch string(r.Bytes(record.Platform)) {
	case "twitch":
		r.putFirst(record.AuthorName, &a.name, &a.username)
	case "x", "kick", "dlive":
		r.put(record.AuthorName, a.username)
	case "discord", "rumble":
		r.put(record.AuthorName, a.name)
	case "youtube", "facebook", "linkedin", "trovo":
	default:
		if a.displayName.Kind != scan.Missing || a.nickname.Kind != scan.Missing {
			r.put(record.AuthorName, a.name)
		}
		if !r.Has(record.AuthorName) {
			r.put(record.AuthorName, a.username)
		}
	}
}
