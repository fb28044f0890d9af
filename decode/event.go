package decode

import (
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// event writes an event: a message, a donation, a subscription.
func (d *Decoder) event() {
	r := &d.row
	r.put(record.TypeID, keyTypeID)
	r.put(record.EventID, keyEventID)
	r.put(record.BroadcastID, keyBroadcastID)
	r.put(record.ShowID, keyShowID)

	r.putAuthor()
	r.putMessage()
	id := integer(r.value(keyTypeID))
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
	r.putFirst(record.Author, keyNickname, keyDisplayName, keyName, keyUsername)
	r.put(record.AuthorID, keyAuthorID)
	r.putFirst(record.AuthorAvatar, keyAvatar, keyAvatarURL, keyPicture)
	r.putFirst(record.AuthorColor, keyColor, keyNicknameColor)
}

// putMessage writes the message fields that platforms share.
func (r *row) putMessage() {
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

// putUnlisted writes the fields that platforms do not share, for an event of an
// undocumented type. It reads the keys of all platforms, so that no known field is
// lost.
func (r *row) putUnlisted() {
	r.putUnlistedHandle()
	r.putList(record.Badges, keyBadges, inArray|inObject)
	if string(r.Bytes(record.Platform)) == twitch.Slug {
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
