package decode

// key identifies a value of a frame by its path. Values in arrays have none.
type key uint8

// maxKeys limits the number of keys. It is a power of two, so that the compiler
// drops the bounds checks.
const maxKeys = 128

var _ [maxKeys - keys]struct{} // fails to compile when there are more

// The JSON keys that the decoder reads. The keys of an object's members follow
// the object's own; where [Parser.members] reads the object, in the order of its
// names.
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

// lasts maps the key of an object to the last key of its members.
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
