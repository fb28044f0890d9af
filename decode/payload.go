package decode

import (
	"github.com/restail/restail/decode/record"
	"github.com/restail/restail/decode/scan"
)

// eventPayload has the keys of every platform's payload of an event.
type eventPayload struct {
	again bool // it was read before in this frame

	author author
	bot    scan.Value
	link   scan.Value
	text   scan.Value
	// replaces are the custom emotes: Twitch, Trovo, Kick, Rumble, and YouTube
	// though that is not documented.
	replaces []replace

	// Twitch
	firstMessage    scan.Value
	modifierMe      scan.Value // contentModifiers
	modifierWhisper scan.Value
	repliedTo       message
	repliedInThread message
	twitchMessageID scan.Value

	// YouTube
	donation          donation
	giftMemberships   gift
	liveChatMessageID scan.Value
	memberMilestone   membership
	membership        membership

	// Facebook, Kick
	parentName scan.Value // parent

	// Kick
	giftedTo      []text
	subscribedFor scan.Value
}

func (e *eventPayload) read(w *wire) {
	if e.again {
		*e = eventPayload{}
	}
	e.again = true
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "author":
			e.author.read(w)
		case "bot":
			e.bot = w.Value()
		case "link":
			e.link = w.Value()
		case "text":
			e.text = w.Value()
		case "replaces":
			e.replaces = w.readReplaces()
		case "firstMessage":
			e.firstMessage = w.Value()
		case "contentModifiers":
			e.readModifiers(w)
		case "repliedTo":
			e.repliedTo.read(w)
		case "repliedInThread":
			e.repliedInThread.read(w)
		case "twitchMessageId":
			e.twitchMessageID = w.Value()
		case "donation":
			e.donation.read(w)
		case "giftMemberships":
			e.giftMemberships.read(w)
		case "liveChatMessageId":
			e.liveChatMessageID = w.Value()
		case "memberMilestone":
			e.memberMilestone.read(w)
		case "membership":
			e.membership.read(w)
		case "parent":
			e.parentName = w.member("name")
		case "giftedTo":
			e.giftedTo = w.list(record.String, "")
		case "subscribedFor":
			e.subscribedFor = w.Value()
		default:
			w.Skip()
		}
	}
}

func (e *eventPayload) readModifiers(w *wire) {
	e.modifierMe, e.modifierWhisper = scan.Value{}, scan.Value{}
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "me":
			e.modifierMe = w.Value()
		case "whisper":
			e.modifierWhisper = w.Value()
		default:
			w.Skip()
		}
	}
}

// author has the keys of every platform's author.
type author struct {
	again bool // it was read before in this frame

	id          scan.Value
	displayName scan.Value
	name        scan.Value
	username    scan.Value
	nickname    scan.Value // Discord

	avatar    scan.Value
	avatarURL scan.Value // LinkedIn, Trovo
	picture   scan.Value // Facebook

	color         scan.Value // Twitch
	nicknameColor scan.Value // Discord

	badges     []text     // titles (Twitch), the badges themselves (DLive)
	hasBadges  bool       // an array was there, be it empty
	roles      []text     // names (Discord)
	verified   scan.Value // X
	isVerified scan.Value // YouTube, and the three below

	isChatModerator scan.Value
	isChatOwner     scan.Value
	isChatSponsor   scan.Value

	subscribedFor scan.Value // Twitch
	subscribing   scan.Value // DLive, and the three below
	partnerStatus scan.Value
	role          scan.Value
	roomRole      scan.Value

	discriminator scan.Value // Discord
}

func (a *author) read(w *wire) {
	if a.again {
		*a = author{}
	}
	a.again = true
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "id":
			a.id = w.Value()
		case "displayName":
			a.displayName = w.Value()
		case "name":
			a.name = w.Value()
		case "username":
			a.username = w.Value()
		case "nickname":
			a.nickname = w.Value()
		case "avatar":
			a.avatar = w.Value()
		case "avatarUrl":
			a.avatarURL = w.Value()
		case "picture":
			a.picture = w.Value()
		case "color":
			a.color = w.Value()
		case "nicknameColor":
			a.nicknameColor = w.Value()
		case "badges":
			a.hasBadges = w.Kind() == scan.Array
			a.badges = w.list(record.String, "title")
		case "roles":
			a.roles = w.list(record.String, "name")
		case "verified":
			a.verified = w.Value()
		case "isVerified":
			a.isVerified = w.Value()
		case "isChatModerator":
			a.isChatModerator = w.Value()
		case "isChatOwner":
			a.isChatOwner = w.Value()
		case "isChatSponsor":
			a.isChatSponsor = w.Value()
		case "subscribedFor":
			a.subscribedFor = w.Value()
		case "subscribing":
			a.subscribing = w.Value()
		case "partnerStatus":
			a.partnerStatus = w.Value()
		case "role":
			a.role = w.Value()
		case "roomRole":
			a.roomRole = w.Value()
		case "discriminator":
			a.discriminator = w.Value()
		default:
			w.Skip()
		}
	}
}

// message is another message, the one that this one answers.
type message struct {
	displayName     scan.Value
	twitchMessageID scan.Value
}

func (m *message) read(w *wire) {
	*m = message{}
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "displayName":
			m.displayName = w.Value()
		case "twitchMessageId":
			m.twitchMessageID = w.Value()
		default:
			w.Skip()
		}
	}
}

// donation is what a super chat or a super sticker gives.
type donation struct {
	amount         scan.Value
	currencyString scan.Value
	stickerID      scan.Value
	tier           scan.Value
}

func (d *donation) read(w *wire) {
	*d = donation{}
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "amount":
			d.amount = w.Value()
		case "currencyString":
			d.currencyString = w.Value()
		case "stickerId":
			d.stickerID = w.Value()
		case "tier":
			d.tier = w.Value()
		default:
			w.Skip()
		}
	}
}

// membership is a membership, or a milestone of one.
type membership struct {
	gift            scan.Value
	memberLevelName scan.Value
	memberMonth     scan.Value
}

func (m *membership) read(w *wire) {
	*m = membership{}
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "gift":
			m.gift = w.Value()
		case "memberLevelName":
			m.memberLevelName = w.Value()
		case "memberMonth":
			m.memberMonth = w.Value()
		default:
			w.Skip()
		}
	}
}

// gift is a number of memberships given at once.
type gift struct {
	count     scan.Value
	levelName scan.Value
}

func (g *gift) read(w *wire) {
	*g = gift{}
	for key, ok := w.Object(); ok; key, ok = w.Member() {
		switch string(key) {
		case "count":
			g.count = w.Value()
		case "levelName":
			g.levelName = w.Value()
		default:
			w.Skip()
		}
	}
}
