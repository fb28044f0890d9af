package decode

// key identifies a value of a frame by its path, such as payload, eventPayload,
// author, id. Values in arrays have no key.
type key uint8

// maxKeys limits the number of keys. It is a power of two, so that an index modulo
// maxKeys needs no bounds check.
const maxKeys = 128

var _ [maxKeys - keys]struct{} // fails to compile when there are more

// The JSON keys that the decoder reads. The keys of an object's members follow the
// key of the object. [Parser.members] relies on their order.
const (
	keyAction key = iota
	keyTimestamp
	keyPayload

	// every action
	keyConnection
	keySourceID
	keyUserID

	// event
	keyEventID
	keyTypeID
	keyBroadcastID // reply_created too
	keyShowID      // reply_created too
	keyEvent       // eventPayload

	keyBot
	keyLink
	keyText
	keyReplaces // custom emotes: Twitch, Trovo, Kick, Rumble, and YouTube though that is not documented

	// Twitch
	keyFirstMessage
	keyModifiers
	keyModifierMe
	keyModifierWhisper
	keyRepliedTo
	keyRepliedToName
	keyRepliedToID
	keyThread
	keyThreadID
	keyTwitchMessageID

	// YouTube
	keyDonation
	keyAmount
	keyCurrency
	keyStickerID
	keyTier
	keyGifts
	keyGiftCount
	keyGiftLevel
	keyLiveChatMessageID
	keyMilestone
	keyMilestoneLevel
	keyMilestoneMonth
	keyMembership
	keyMembershipGift
	keyMembershipLevel

	// Facebook, Kick
	keyParent
	keyParentName

	// Kick
	keyGiftedTo
	keyMonths

	keyAuthor
	keyAuthorID
	keyDisplayName
	keyName
	keyUsername
	keyNickname // Discord
	keyAvatar
	keyAvatarURL     // LinkedIn, Trovo
	keyPicture       // Facebook
	keyColor         // Twitch
	keyNicknameColor // Discord
	keyBadges        // Twitch: objects with a title; DLive: strings
	keyRoles         // Discord
	keyVerified      // X
	keyIsVerified    // YouTube, and the next three
	keyIsModerator
	keyIsOwner
	keyIsSponsor
	keySubscribedFor // Twitch
	keySubscribing   // DLive, and the next three
	keyPartnerStatus
	keyRole
	keyRoomRole
	keyDiscriminator // Discord

	// reply_…, relay_…
	keyReplyID
	keyClientReplyID
	keyReplyText
	keySourceEventID
	keyConnections

	// connection_info, connection_closed, reply_failed, relay_failed
	keyConnectionUUID
	keyStatus
	keyReason

	keyTarget
	keyWebsiteChannelID
	keyServer
	keyServerID
	keyServerName
	keyAccounts // the first account
)

// The target of a connection: accounts, then broadcasts, each followed by the
// keys of its members.
const (
	keyChannel      = keyAccounts
	keyPage         = keyChannel + accountKeys
	keyOrganization = keyPage + accountKeys
	keyUser         = keyOrganization + accountKeys
	keyOwner        = keyUser + accountKeys

	keyLiveEvent = keyOwner + accountKeys
	keyLiveVideo = keyLiveEvent + broadcastKeys
	keyPost      = keyLiveVideo + broadcastKeys

	keys = keyPost + broadcastKeys // the number of keys

	ofAccountDisplayName = 1
	ofAccountName        = 2
	ofAccountUsername    = 3
	ofAccountID          = 4
	ofAccountURL         = 5
	accountKeys          = 6

	ofBroadcastID    = 1
	ofBroadcastTitle = 2
	ofBroadcastURL   = 3
	broadcastKeys    = 4
)

// lastMember maps the key of an object to the last key of its members.
var lastMember = [maxKeys]key{
	keyPayload:      keyPost + ofBroadcastURL,
	keyEvent:        keyDiscriminator,
	keyModifiers:    keyModifierWhisper,
	keyRepliedTo:    keyRepliedToID,
	keyThread:       keyThreadID,
	keyDonation:     keyTier,
	keyGifts:        keyGiftLevel,
	keyMilestone:    keyMilestoneMonth,
	keyMembership:   keyMembershipLevel,
	keyParent:       keyParentName,
	keyAuthor:       keyDiscriminator,
	keyTarget:       keyPost + ofBroadcastURL,
	keyServer:       keyServerName,
	keyChannel:      keyChannel + ofAccountURL,
	keyPage:         keyPage + ofAccountURL,
	keyOrganization: keyOrganization + ofAccountURL,
	keyUser:         keyUser + ofAccountURL,
	keyOwner:        keyOwner + ofAccountURL,
	keyLiveEvent:    keyLiveEvent + ofBroadcastURL,
	keyLiveVideo:    keyLiveVideo + ofBroadcastURL,
	keyPost:         keyPost + ofBroadcastURL,
}

// readPayload reads the payload of any action.
func (p *Parser) readPayload() {
	p.a.begin(keyPayload)
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		switch string(name) {
		case "connectionIdentifier":
			p.note(keyConnection)
		case "connectionUuid":
			p.note(keyConnectionUUID)
		case "eventSourceId":
			p.note(keySourceID)
		case "userId":
			p.note(keyUserID)
		case "status":
			p.note(keyStatus)
		case "reason":
			p.note(keyReason)
		case "target":
			p.readTarget()
		case "eventIdentifier":
			p.note(keyEventID)
		case "eventTypeId":
			p.note(keyTypeID)
		case "eventId":
			p.note(keyBroadcastID)
		case "showId":
			p.note(keyShowID)
		case "eventPayload":
			p.readEvent()
		case "replyUuid":
			p.note(keyReplyID)
		case "clientReplyUuid":
			p.note(keyClientReplyID)
		case "text":
			p.note(keyReplyText)
		case "sourceEventIdentifier":
			p.note(keySourceEventID)
		case "connectionIdentifiers":
			p.list(keyConnections, "")
		default:
			p.s.Skip()
		}
	}
}

// readEvent reads an event's payload of any platform.
func (p *Parser) readEvent() {
	p.a.begin(keyEvent)
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		switch string(name) {
		case "author":
			p.readAuthor()
		case "bot":
			p.note(keyBot)
		case "link":
			p.note(keyLink)
		case "text":
			p.note(keyText)
		case "replaces":
			p.readReplaces()
		case "firstMessage":
			p.note(keyFirstMessage)
		case "contentModifiers":
			p.members(keyModifiers, "me", "whisper")
		case "repliedTo":
			p.members(keyRepliedTo, "displayName", "twitchMessageId")
		case "repliedInThread":
			p.members(keyThread, "twitchMessageId")
		case "twitchMessageId":
			p.note(keyTwitchMessageID)
		case "donation":
			p.members(keyDonation, "amount", "currencyString", "stickerId", "tier")
		case "giftMemberships":
			p.members(keyGifts, "count", "levelName")
		case "liveChatMessageId":
			p.note(keyLiveChatMessageID)
		case "memberMilestone":
			p.members(keyMilestone, "memberLevelName", "memberMonth")
		case "membership":
			p.members(keyMembership, "gift", "memberLevelName")
		case "parent":
			p.members(keyParent, "name")
		case "giftedTo":
			p.list(keyGiftedTo, "")
		case "subscribedFor":
			p.note(keyMonths)
		default:
			p.s.Skip()
		}
	}
}

// readAuthor reads an author of any platform.
func (p *Parser) readAuthor() {
	p.a.begin(keyAuthor)
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		switch string(name) {
		case "id":
			p.note(keyAuthorID)
		case "displayName":
			p.note(keyDisplayName)
		case "name":
			p.note(keyName)
		case "username":
			p.note(keyUsername)
		case "nickname":
			p.note(keyNickname)
		case "avatar":
			p.note(keyAvatar)
		case "avatarUrl":
			p.note(keyAvatarURL)
		case "picture":
			p.note(keyPicture)
		case "color":
			p.note(keyColor)
		case "nicknameColor":
			p.note(keyNicknameColor)
		case "badges":
			p.list(keyBadges, "title")
		case "roles":
			p.list(keyRoles, "name")
		case "verified":
			p.note(keyVerified)
		case "isVerified":
			p.note(keyIsVerified)
		case "isChatModerator":
			p.note(keyIsModerator)
		case "isChatOwner":
			p.note(keyIsOwner)
		case "isChatSponsor":
			p.note(keyIsSponsor)
		case "subscribedFor":
			p.note(keySubscribedFor)
		case "subscribing":
			p.note(keySubscribing)
		case "partnerStatus":
			p.note(keyPartnerStatus)
		case "role":
			p.note(keyRole)
		case "roomRole":
			p.note(keyRoomRole)
		case "discriminator":
			p.note(keyDiscriminator)
		default:
			p.s.Skip()
		}
	}
}

// readReplaces reads the custom emotes of a text. An entry without a usable range
// is left out.
func (p *Parser) readReplaces() {
	p.a.begin(keyReplaces)
	p.a.replaces = p.a.replaces[:0]
	for ok := p.s.Array(); ok; ok = p.s.Element() {
		if one := p.readReplace(); one.from >= 0 && one.from <= one.to {
			p.a.replaces = append(p.a.replaces, one)
		}
	}
}

func (p *Parser) readReplace() replace {
	one := replace{from: -1, to: -1}
	for name, ok := p.s.Object(); ok; name, ok = p.s.Member() {
		switch string(name) {
		case "from":
			one.from = p.readPosition()
		case "to":
			one.to = p.readPosition()
		case "payload":
			one.url = p.member("url")
		default:
			p.s.Skip()
		}
	}
	return one
}
