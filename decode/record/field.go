package record

// Field names one column of the record. Fields are numbered in the order in
// which a record is written.
type Field uint8

// The fields, in the order of [Fields].
const (
	Time Field = iota
	Action
	Platform
	SourceID
	Connection
	Channel
	UserID

	Type
	TypeID
	EventID
	BroadcastID
	ShowID
	MessageID
	Author
	AuthorName
	AuthorID
	AuthorAvatar
	AuthorColor
	Badges
	IsOwner
	IsModerator
	IsSubscriber
	IsVerified
	IsBot
	Text
	Emotes
	EmoteURLs
	Image
	Amount
	Currency
	Tier
	StickerID
	Months
	Level
	IsGift
	GiftCount
	GiftedTo
	ReplyTo
	ReplyToID
	ThreadID
	IsFirst
	IsAction
	IsWhisper
	IsHistory
	Role
	RoomRole
	PartnerStatus
	Discriminator

	Status
	ConnectionUUID
	Reason
	ReasonText
	ChannelID
	ChannelURL
	ChannelName
	BroadcastTitle
	BroadcastURL
	Server
	ServerID
	WebsiteChannelID

	ReplyID
	ClientReplyID
	Connections
	SourceEventID

	GapSeconds
	Filled // the field count of a link record with the status filled
	Attempt

	// Count is the number of fields.
	Count = int(iota)
)

// Kind is what a field's value is in JSON. A record holds no objects.
type Kind uint8

// The kinds of a value.
const (
	// String is text; an empty one is left out.
	String Kind = iota
	// ID is a string that names something. Where the service sends a number whose value
	// is an integer, the record has its digits, so that no consumer rounds it.
	ID
	// Number is a JSON number, written with the digits that the service sent.
	Number
	// Bool is true or false.
	Bool
	// Strings is an array of strings; an empty one is left out.
	Strings
)

// String returns the kind as the documentation names it.
func (k Kind) String() string {
	return [...]string{"string", "string", "number", "boolean", "strings"}[k]
}

// Definition describes one field. Help, README, the JSON Schema and the writers
// are all made from the table [Fields].
type Definition struct {
	// Name is the key in the JSON object.
	Name string
	Kind Kind
	// Actions says which actions carry the field: action names, and the
	// families every, event, connection, reply, relay.
	Actions string
	// Always says which of those actions always carry it; "" for none.
	Always string
	// Meaning describes the field in one line.
	Meaning string
}

// Fields is the record: every field, in the order in which it is written. Fields
// are never removed or renamed.
var Fields = [Count]Definition{
	Time:       {"time", String, "every", "every", "when the service stamped the action: RFC 3339, UTC; the time of receipt where it has no usable stamp"},
	Action:     {"action", String, "every", "every", "the service's action, or `link` for restail's own connection to Restream"},
	Platform:   {"platform", String, "every", "", "the platform: twitch, youtube, facebook, … or unknown"},
	SourceID:   {"source_id", Number, "every", "", "Restream's number for the event source"},
	Connection: {"connection", ID, "every", "", "the connection's identifier, `<user>-<slug>-<target>`"},
	Channel:    {"channel", String, "every", "", "display name of the channel behind the connection, when known"},
	UserID:     {"user_id", Number, "every", "", "the Restream account"},

	Type:          {"type", String, "event", "event", "text, emoji, sticker, super_chat, super_sticker, subscription, member_milestone, membership, membership_gift or unknown"},
	TypeID:        {"type_id", Number, "event", "", "Restream's number for the event type"},
	EventID:       {"event_id", ID, "event", "", "the event's identifier; not guaranteed to be unique"},
	BroadcastID:   {"broadcast_id", ID, "event connection reply_created", "", "the broadcast: the same for every message of a show"},
	ShowID:        {"show_id", ID, "event reply_created", "", "the show in Restream Studio"},
	MessageID:     {"message_id", ID, "event", "", "the platform's own id of the message (YouTube, Twitch)"},
	Author:        {"author", String, "event", "event", "the name that a viewer sees; empty where the platform withholds it"},
	AuthorName:    {"author_name", String, "event", "", "the author's stable handle, where the platform has one"},
	AuthorID:      {"author_id", ID, "event", "", "the platform's id of the author"},
	AuthorAvatar:  {"author_avatar", String, "event", "", "address of the author's picture"},
	AuthorColor:   {"author_color", String, "event", "", "the colour of the author's name (Twitch, Discord)"},
	Badges:        {"badges", Strings, "event", "", "badge titles (Twitch, DLive) or role names (Discord)"},
	IsOwner:       {"is_owner", Bool, "event", "", "the author owns the channel"},
	IsModerator:   {"is_moderator", Bool, "event", "", "the author moderates the channel"},
	IsSubscriber:  {"is_subscriber", Bool, "event", "", "the author pays for the channel: subscriber, member, sponsor"},
	IsVerified:    {"is_verified", Bool, "event", "", "the platform verified the author"},
	IsBot:         {"is_bot", Bool, "event", "", "written by a bot, relayed copies included"},
	Text:          {"text", String, "event reply_created", "event", "the message as it was sent; empty when there is none"},
	Emotes:        {"emotes", Strings, "event", "", "the pieces of text that are custom emotes, in order, each occurrence"},
	EmoteURLs:     {"emote_urls", Strings, "event", "", "their images, in the same order; an empty string where one is missing"},
	Image:         {"image", String, "event", "", "address of the sticker or emoji"},
	Amount:        {"amount", String, "event", "", "the donation, as sent"},
	Currency:      {"currency", String, "event", "", "the donation's currency, as sent"},
	Tier:          {"tier", Number, "event", "", "YouTube's tier of the donation"},
	StickerID:     {"sticker_id", ID, "event", "", "YouTube's id of the super sticker"},
	Months:        {"months", Number, "event", "", "number of months the author has subscribed"},
	Level:         {"level", String, "event", "", "the membership's level"},
	IsGift:        {"is_gift", Bool, "event", "", "the subscription or membership is a gift"},
	GiftCount:     {"gift_count", Number, "event", "", "number of gifts"},
	GiftedTo:      {"gifted_to", Strings, "event", "", "who received the gifts (Kick)"},
	ReplyTo:       {"reply_to", String, "event", "", "whom the message replies to"},
	ReplyToID:     {"reply_to_id", ID, "event", "", "the message that it replies to (Twitch)"},
	ThreadID:      {"thread_id", ID, "event", "", "the first message of the thread (Twitch)"},
	IsFirst:       {"is_first", Bool, "event", "", "the author's first message in this channel (Twitch)"},
	IsAction:      {"is_action", Bool, "event", "", "a /me message (Twitch)"},
	IsWhisper:     {"is_whisper", Bool, "event", "", "private: mark it wherever it is shown (Twitch)"},
	IsHistory:     {"is_history", Bool, "event", "", "true: from the chat history, not from the socket"},
	Role:          {"role", String, "event", "", "the author's role on DLive"},
	RoomRole:      {"room_role", String, "event", "", "the author's role in the DLive room"},
	PartnerStatus: {"partner_status", String, "event", "", "the author's partner status on DLive"},
	Discriminator: {"discriminator", String, "event", "", "the author's discriminator on Discord"},

	Status:           {"status", String, "connection link", "", "connecting, connected, error or closed; for link: connected, lost, restored, filled, unfilled or ended"},
	ConnectionUUID:   {"connection_uuid", ID, "connection", "", "uuid of this connection; a reconnect gets a new one"},
	Reason:           {"reason", String, "connection reply_failed relay_failed link", "", "why, as a code"},
	ReasonText:       {"reason_text", String, "connection reply_failed relay_failed", "", "what the code means and what to do"},
	ChannelID:        {"channel_id", ID, "connection", "", "the platform's id of the channel"},
	ChannelURL:       {"channel_url", String, "connection", "", "address of the channel"},
	ChannelName:      {"channel_name", String, "connection", "", "the channel's handle, where it differs from its display name"},
	BroadcastTitle:   {"broadcast_title", String, "connection", "", "title of the broadcast"},
	BroadcastURL:     {"broadcast_url", String, "connection", "", "address of the broadcast"},
	Server:           {"server", String, "connection", "", "the Discord server"},
	ServerID:         {"server_id", ID, "connection", "", "id of the Discord server"},
	WebsiteChannelID: {"website_channel_id", ID, "connection", "", "Restream's own id of the channel"},

	ReplyID:       {"reply_id", ID, "reply", "", "id of the reply, the same from created to confirmed"},
	ClientReplyID: {"client_reply_id", ID, "reply_created", "", "id of the reply that the sending client chose"},
	Connections:   {"connections", Strings, "reply_created", "", "identifiers of the connections that the reply went to"},
	SourceEventID: {"source_event_id", ID, "relay", "", "the event that was relayed"},

	GapSeconds: {"gap_seconds", Number, "link", "", "how long chat could have been missed"},
	Filled:     {"count", Number, "link", "", "on filled: how many messages were filled in"},
	Attempt:    {"attempt", Number, "link", "", "on lost and restored: how many tries so far"},
}

// Name returns the field's key in the JSON object.
func (f Field) Name() string { return Fields[f].Name }

// ByName finds the field with that key.
func ByName(name string) (Field, bool) {
	for f := range Fields {
		if Fields[f].Name == name {
			return Field(f), true
		}
	}
	return 0, false
}
