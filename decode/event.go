package decode

import (
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// event writes the fields of an event: a message, a donation, a subscription.
func (d *Decoder) event() {
	r := &d.row
	r.put(record.TypeID, r.payload.typeID)
	r.put(record.EventID, r.payload.eventID)
	r.put(record.BroadcastID, r.payload.broadcastID)
	r.put(record.ShowID, r.payload.showID)

	r.putAuthor()
	r.putMessage()
	id := integer(r.value(r.payload.typeID))
	if id < 0 || id >= len(eventTypes) || eventTypes[id].platform == nil {
		r.SetPlain(record.Type, unknown)
		r.putUnlisted()
		return
	}
	t := &eventTypes[id]
	r.SetPlain(record.Type, t.Name)
	r.putHandle(t.platform)
	if t.read != nil {
		t.read(r)
	}
}

// putAuthor writes the author fields that platforms share.
func (r *row) putAuthor() {
	r.SetPlain(record.Author, "")
	r.putFirst(record.Author, r.author.nickname, r.author.displayName, r.author.name, r.author.username)
	r.put(record.AuthorID, r.author.id)
	r.putFirst(record.AuthorAvatar, r.author.avatar, r.author.avatarURL, r.author.picture)
	r.putFirst(record.AuthorColor, r.author.color, r.author.nicknameColor)
}

// putMessage writes the message fields that platforms share.
func (r *row) putMessage() {
	r.SetPlain(record.Text, "")
	r.put(record.Text, r.event.text)
	r.putEmotes()
	r.put(record.IsBot, r.event.bot)
	r.put(record.Image, r.event.link)
	r.putFirst(record.MessageID, r.event.liveChatMessageID, r.event.messageID)

	r.putAmount()
	r.put(record.Currency, r.event.currency)
	r.put(record.Tier, r.event.tier)
	r.put(record.StickerID, r.event.stickerID)
	r.putFirst(record.Level, r.event.milestoneLevel, r.event.membershipLevel, r.event.giftLevel)
}

// putAmount writes a donation's amount, which is text. A number becomes its text
// as sent.
func (r *row) putAmount() {
	if v := r.value(r.event.amount); v.Kind == scan.Number {
		r.SetNumber(record.Amount, v.Bytes)
	} else {
		r.put(record.Amount, r.event.amount)
	}
}

// putUnlisted writes the fields that platforms do not share, for an event of an
// undocumented type. It reads the keys of all platforms, so that no known field is
// lost.
func (r *row) putUnlisted() {
	r.putUnlistedHandle()
	r.putList(record.Badges, r.author.badges, inArray|inObject)
	if string(r.Bytes(record.Platform)) == twitch.Slug {
		r.twitchRoles()
	}
	r.twitchMessage()
	r.youtubeRoles()
	r.youtubeMembership()
	r.putList(record.Badges, r.author.roles, inArray|inObject)
	r.put(record.Discriminator, r.author.discriminator)
	r.dliveRoles()
	r.putFirst(record.IsVerified, r.author.isVerified, r.author.verified)
	r.putFirst(record.ReplyTo, r.event.repliedToName, r.event.parentName)
	r.kickSubscription()
}
