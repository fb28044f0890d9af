package decode

// key names a value of the wire, wherever it stands outside of arrays.
type key uint8

// maxKeys is how many keys there may be: a power of two, so that no index needs
// to be checked.
const maxKeys = 128

var _ [maxKeys - keys]struct{} // no more than that

// The keys of the wire that mean something, numbered so that those of what is
// in an object come directly behind its own, in the order in which it is read
// where that is by a list of names.
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
	keyBadges        // Twitch, where a badge has a title, and DLive, where it is one
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
	keyAccounts // the first of them
)

// What a connection leads to: accounts, of which each has the keys behind its
// own, and then broadcasts.
const (
	keyChannel      = keyAccounts
	keyPage         = keyChannel + accountKeys
	keyOrganization = keyPage + accountKeys
	keyUser         = keyOrganization + accountKeys
	keyOwner        = keyUser + accountKeys

	keyLiveEvent = keyOwner + accountKeys
	keyLiveVideo = keyLiveEvent + broadcastKeys
	keyPost      = keyLiveVideo + broadcastKeys

	keys = keyPost + broadcastKeys // how many there are

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

// lasts has for every key of an object the last one of what is in it.
var lasts = [maxKeys]key{
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
