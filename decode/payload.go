package decode

import "github.com/restail/restail/decode/scan"

// The types in this file have the shape of the service's JSON: a field for each
// value that restail reads, next to the function that reads it. A value that a
// frame does not have is the zero value. Of duplicate keys the last one counts, and
// a second object replaces the first entirely.

// payload is the payload of any action.
type payload struct {
	present bool // null counts

	connection, sourceID, userID scan.Value // every action

	eventID, typeID     scan.Value // event
	broadcastID, showID scan.Value // event, reply_created
	event               event      // event

	replyID, clientReplyID, text scan.Value // reply_…
	connections                  array      // reply_created
	sourceEventID                scan.Value // relay_…

	connectionUUID, status scan.Value // connection_info, connection_closed
	reason                 scan.Value // those two, reply_failed, relay_failed
	target                 target     // connection_info
}

func (p *Parser) readPayload(v *payload) {
	if v.present { // the first one is empty already
		*v = payload{}
	}
	v.present = true
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		switch string(name) {
		case "connectionIdentifier":
			v.connection = p.s.Value()
		case "connectionUuid":
			v.connectionUUID = p.s.Value()
		case "eventSourceId":
			v.sourceID = p.s.Value()
		case "userId":
			v.userID = p.s.Value()
		case "status":
			v.status = p.s.Value()
		case "reason":
			v.reason = p.s.Value()
		case "target":
			p.readTarget(&v.target)
		case "eventIdentifier":
			v.eventID = p.s.Value()
		case "eventTypeId":
			v.typeID = p.s.Value()
		case "eventId":
			v.broadcastID = p.s.Value()
		case "showId":
			v.showID = p.s.Value()
		case "eventPayload":
			p.readEvent(&v.event)
		case "replyUuid":
			v.replyID = p.s.Value()
		case "clientReplyUuid":
			v.clientReplyID = p.s.Value()
		case "text":
			v.text = p.s.Value()
		case "sourceEventIdentifier":
			v.sourceEventID = p.s.Value()
		case "connectionIdentifiers":
			v.connections = p.readIDs()
		default:
			p.s.Skip()
		}
	}
}

// event is the eventPayload of an event, on any platform.
type event struct {
	author   author
	text     scan.Value
	replaces array // custom emotes: Twitch, Trovo, Kick, Rumble, and YouTube though that is not documented
	link     scan.Value
	bot      scan.Value

	// Twitch
	messageID                                   scan.Value
	isFirst, isMe, isWhisper                    scan.Value
	repliedToName, repliedToID, repliedThreadID scan.Value

	// YouTube
	liveChatMessageID                 scan.Value
	amount, currency, stickerID, tier scan.Value
	giftCount, giftLevel              scan.Value
	milestoneLevel, milestoneMonth    scan.Value
	membershipIsGift, membershipLevel scan.Value

	parentName    scan.Value // Facebook, Kick
	giftedTo      array      // Kick
	subscribedFor scan.Value // Kick
}

func (p *Parser) readEvent(v *event) {
	*v = event{}
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		switch string(name) {
		case "author":
			p.readAuthor(&v.author)
		case "bot":
			v.bot = p.s.Value()
		case "link":
			v.link = p.s.Value()
		case "text":
			v.text = p.s.Value()
		case "replaces":
			v.replaces = p.readReplaces()
		case "firstMessage":
			v.isFirst = p.s.Value()
		case "contentModifiers":
			p.readMembers(member{"me", &v.isMe}, member{"whisper", &v.isWhisper})
		case "repliedTo":
			p.readMembers(member{"displayName", &v.repliedToName}, member{"twitchMessageId", &v.repliedToID})
		case "repliedInThread":
			p.readMembers(member{"twitchMessageId", &v.repliedThreadID})
		case "twitchMessageId":
			v.messageID = p.s.Value()
		case "donation":
			p.readMembers(member{"amount", &v.amount}, member{"currencyString", &v.currency}, member{"stickerId", &v.stickerID}, member{"tier", &v.tier})
		case "giftMemberships":
			p.readMembers(member{"count", &v.giftCount}, member{"levelName", &v.giftLevel})
		case "liveChatMessageId":
			v.liveChatMessageID = p.s.Value()
		case "memberMilestone":
			p.readMembers(member{"memberLevelName", &v.milestoneLevel}, member{"memberMonth", &v.milestoneMonth})
		case "membership":
			p.readMembers(member{"gift", &v.membershipIsGift}, member{"memberLevelName", &v.membershipLevel})
		case "parent":
			p.readMembers(member{"name", &v.parentName})
		case "giftedTo":
			v.giftedTo = p.readTexts("")
		case "subscribedFor":
			v.subscribedFor = p.s.Value()
		default:
			p.s.Skip()
		}
	}
}

// author is the author of an event, on any platform.
type author struct {
	id                              scan.Value
	displayName, name, username     scan.Value
	nickname                        scan.Value // Discord
	avatar                          scan.Value
	avatarURL                       scan.Value // LinkedIn, Trovo
	picture                         scan.Value // Facebook
	color                           scan.Value // Twitch
	nicknameColor                   scan.Value // Discord
	badges                          array      // Twitch: objects with a title; DLive: strings
	roles                           array      // Discord
	verified                        scan.Value // X
	isVerified                      scan.Value // YouTube, and the next three
	isModerator, isOwner, isSponsor scan.Value
	subscribedFor                   scan.Value // Twitch
	subscribing, partnerStatus      scan.Value // DLive
	role, roomRole                  scan.Value // DLive
	discriminator                   scan.Value // Discord
}

func (p *Parser) readAuthor(v *author) {
	*v = author{}
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		switch string(name) {
		case "id":
			v.id = p.s.Value()
		case "displayName":
			v.displayName = p.s.Value()
		case "name":
			v.name = p.s.Value()
		case "username":
			v.username = p.s.Value()
		case "nickname":
			v.nickname = p.s.Value()
		case "avatar":
			v.avatar = p.s.Value()
		case "avatarUrl":
			v.avatarURL = p.s.Value()
		case "picture":
			v.picture = p.s.Value()
		case "color":
			v.color = p.s.Value()
		case "nicknameColor":
			v.nicknameColor = p.s.Value()
		case "badges":
			v.badges = p.readTexts("title")
		case "roles":
			v.roles = p.readTexts("name")
		case "verified":
			v.verified = p.s.Value()
		case "isVerified":
			v.isVerified = p.s.Value()
		case "isChatModerator":
			v.isModerator = p.s.Value()
		case "isChatOwner":
			v.isOwner = p.s.Value()
		case "isChatSponsor":
			v.isSponsor = p.s.Value()
		case "subscribedFor":
			v.subscribedFor = p.s.Value()
		case "subscribing":
			v.subscribing = p.s.Value()
		case "partnerStatus":
			v.partnerStatus = p.s.Value()
		case "role":
			v.role = p.s.Value()
		case "roomRole":
			v.roomRole = p.s.Value()
		case "discriminator":
			v.discriminator = p.s.Value()
		default:
			p.s.Skip()
		}
	}
}

// target is what a connection belongs to. Twitch and DLive have an owner; YouTube
// an event and an owner; Facebook a liveVideo and a user or a page; Discord a
// channel, a server and sometimes its owner; LinkedIn a post and an organization or
// a user. Those of Trovo, X, Kick and Rumble are not documented.
type target struct {
	channel, page, organization, user, owner account
	event, liveVideo, post                   broadcast
	serverID, serverName                     scan.Value
	websiteChannelID                         scan.Value
}

// account is an account on a platform: a person, a page, a channel.
type account struct{ displayName, name, username, id, url scan.Value }

// broadcast is a broadcast on a platform.
type broadcast struct{ id, title, url scan.Value }

func (p *Parser) readTarget(v *target) {
	*v = target{}
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		switch string(name) {
		case "channel":
			p.readAccount(&v.channel)
		case "page":
			p.readAccount(&v.page)
		case "organization":
			p.readAccount(&v.organization)
		case "user":
			p.readAccount(&v.user)
		case "owner":
			p.readAccount(&v.owner)
		case "event":
			p.readBroadcast(&v.event)
		case "liveVideo":
			p.readBroadcast(&v.liveVideo)
		case "post":
			p.readBroadcast(&v.post)
		case "server":
			p.readMembers(member{"id", &v.serverID}, member{"name", &v.serverName})
		case "websiteChannelId":
			v.websiteChannelID = p.s.Value()
		default:
			p.s.Skip()
		}
	}
}

func (p *Parser) readAccount(v *account) {
	p.readMembers(member{"displayName", &v.displayName}, member{"name", &v.name}, member{"username", &v.username}, member{"id", &v.id}, member{"url", &v.url})
}

func (p *Parser) readBroadcast(v *broadcast) {
	p.readMembers(member{"id", &v.id}, member{"title", &v.title}, member{"url", &v.url})
}
