package decode

// readEvent reads any platform's payload of an event.
func (w *wire) readEvent() {
	w.begin(keyEvent)
	for name, ok := w.Object(); ok; name, ok = w.Member() {
		switch string(name) {
		case "author":
			w.readAuthor()
		case "bot":
			w.note(keyBot)
		case "link":
			w.note(keyLink)
		case "text":
			w.note(keyText)
		case "replaces":
			w.readReplaces()
		case "firstMessage":
			w.note(keyFirstMessage)
		case "contentModifiers":
			w.members(keyModifiers, "me", "whisper")
		case "repliedTo":
			w.members(keyRepliedTo, "displayName", "twitchMessageId")
		case "repliedInThread":
			w.members(keyThread, "twitchMessageId")
		case "twitchMessageId":
			w.note(keyTwitchMessageID)
		case "donation":
			w.members(keyDonation, "amount", "currencyString", "stickerId", "tier")
		case "giftMemberships":
			w.members(keyGifts, "count", "levelName")
		case "liveChatMessageId":
			w.note(keyLiveChatMessageID)
		case "memberMilestone":
			w.members(keyMilestone, "memberLevelName", "memberMonth")
		case "membership":
			w.members(keyMembership, "gift", "memberLevelName")
		case "parent":
			w.members(keyParent, "name")
		case "giftedTo":
			w.list(keyGiftedTo, "")
		case "subscribedFor":
			w.note(keyMonths)
		default:
			w.Skip()
		}
	}
}

// readAuthor reads any platform's author.
func (w *wire) readAuthor() {
	w.begin(keyAuthor)
	for name, ok := w.Object(); ok; name, ok = w.Member() {
		switch string(name) {
		case "id":
			w.note(keyAuthorID)
		case "displayName":
			w.note(keyDisplayName)
		case "name":
			w.note(keyName)
		case "username":
			w.note(keyUsername)
		case "nickname":
			w.note(keyNickname)
		case "avatar":
			w.note(keyAvatar)
		case "avatarUrl":
			w.note(keyAvatarURL)
		case "picture":
			w.note(keyPicture)
		case "color":
			w.note(keyColor)
		case "nicknameColor":
			w.note(keyNicknameColor)
		case "badges":
			w.list(keyBadges, "title")
		case "roles":
			w.list(keyRoles, "name")
		case "verified":
			w.note(keyVerified)
		case "isVerified":
			w.note(keyIsVerified)
		case "isChatModerator":
			w.note(keyIsModerator)
		case "isChatOwner":
			w.note(keyIsOwner)
		case "isChatSponsor":
			w.note(keyIsSponsor)
		case "subscribedFor":
			w.note(keySubscribedFor)
		case "subscribing":
			w.note(keySubscribing)
		case "partnerStatus":
			w.note(keyPartnerStatus)
		case "role":
			w.note(keyRole)
		case "roomRole":
			w.note(keyRoomRole)
		case "discriminator":
			w.note(keyDiscriminator)
		default:
			w.Skip()
		}
	}
}

// readReplaces reads the custom emotes of a text.
func (w *wire) readReplaces() {
	w.begin(keyReplaces)
	w.replaces = w.replaces[:0]
	for ok := w.Array(); ok; ok = w.Element() {
		w.replaces = append(w.replaces, w.readReplace())
	}
}

func (w *wire) readReplace() replace {
	one := replace{from: -1, to: -1}
	for name, ok := w.Object(); ok; name, ok = w.Member() {
		switch string(name) {
		case "from":
			one.from = w.readPlace()
		case "to":
			one.to = w.readPlace()
		case "payload":
			one.url = w.member("url")
		default:
			w.Skip()
		}
	}
	return one
}
