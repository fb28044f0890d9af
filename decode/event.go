package decode

import (
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// eventType describes an eventTypeId: the type in the record and the function
// that writes the event.
type eventType struct {
	name string
	read func(*row)
}

// eventTypes are the event types by eventTypeId.
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

// event writes an event: a message, a donation, a subscription.
func (d *Decoder) event() {
	r := &d.row
	r.put(record.TypeID, keyTypeID)
	r.put(record.EventID, keyEventID)
	r.put(record.BroadcastID, keyBroadcastID)
	r.put(record.ShowID, keyShowID)

	kind := eventType{"unknown", unlisted}
	if id := integer(r.value(keyTypeID)); id >= 0 && id < len(eventTypes) && eventTypes[id].read != nil {
		kind = eventTypes[id]
	}
	r.SetPlain(record.Type, kind.name)
	kind.read(r)
}

// person writes the author fields that platforms share.
func (r *row) person() {
	r.SetPlain(record.Author, "")
	r.putFirst(record.Author, keyNickname, keyDisplayName, keyName, keyUsername)
	r.put(record.AuthorID, keyAuthorID)
	r.putFirst(record.AuthorAvatar, keyAvatar, keyAvatarURL, keyPicture)
	r.putFirst(record.AuthorColor, keyColor, keyNicknameColor)
}

// message writes the message fields that platforms share.
func (r *row) message() {
	r.SetPlain(record.Text, "")
	r.put(record.Text, keyText)
	r.putEmotes()
	r.put(record.IsBot, keyBot)
	r.put(record.Image, keyLink)
	r.putFirst(record.MessageID, keyLiveChatMessageID, keyTwitchMessageID)

	r.putAmount()
	r.put(record.Currency, keyCurrency)
	r.put(record.Tier, keyTier)
	r.put(record.StickerID, keyStickerID)
	r.putFirst(record.Level, keyMilestoneLevel, keyMembershipLevel, keyGiftLevel)
}

// putAmount writes a donation's amount, which is text. A number becomes its text
// as sent.
func (r *row) putAmount() {
	if v := r.value(keyAmount); v.Kind == scan.Number {
		r.SetNumber(record.Amount, v.Bytes)
	} else {
		r.put(record.Amount, keyAmount)
	}
}

// unlisted writes an event of an undocumented type. It reads the keys of all
// platforms, so that no known field is lost.
func unlisted(r *row) {
	r.person()
	r.message()
	r.handle()
	r.putList(record.Badges, keyBadges, inArray|inObject)
	if string(r.Bytes(record.Platform)) == "twitch" {
		r.twitchRoles()
	}
	r.twitchMessage()
	r.youtubeRoles()
	r.youtubeMembership()
	r.putList(record.Badges, keyRoles, inArray|inObject)
	r.put(record.Discriminator, keyDiscriminator)
	r.dliveRoles()
	r.putFirst(record.IsVerified, keyIsVerified, keyVerified)
	r.putFirst(record.ReplyTo, keyRepliedToName, keyParentName)
	r.kickSubscription()
}

// handle writes the author's stable handle by the platform's rule. On an unlisted
// platform, a name beside the displayed one is the handle.
func (r *row) handle() {
	switch string(r.Bytes(record.Platform)) {
	case "twitch":
		r.putFirst(record.AuthorName, keyName, keyUsername)
	case "x", "kick", "dlive":
		r.put(record.AuthorName, keyUsername)
	case "discord", "rumble":
		r.put(record.AuthorName, keyName)
	case "youtube", "facebook", "linkedin", "trovo":
	default:
		if r.has(keyDisplayName) || r.has(keyNickname) {
			r.put(record.AuthorName, keyName)
		}
		if !r.Has(record.AuthorName) {
			r.put(record.AuthorName, keyUsername)
		}
	}
}
