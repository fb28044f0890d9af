package decode

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
