//go:build unix

package main

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// flatRecord is the record as the naive client declares it.
type flatRecord struct {
	Time       string `json:"time"`
	Action     string `json:"action"`
	Platform   string `json:"platform,omitempty"`
	SourceID   int    `json:"source_id,omitempty"`
	Connection string `json:"connection,omitempty"`
	Channel    string `json:"channel,omitempty"`
	UserID     int    `json:"user_id,omitempty"`

	*flatEvent
	*flatConnection
}

type flatEvent struct {
	Type          string   `json:"type"`
	TypeID        int      `json:"type_id"`
	EventID       string   `json:"event_id,omitempty"`
	MessageID     string   `json:"message_id,omitempty"`
	Author        string   `json:"author"`
	AuthorName    string   `json:"author_name,omitempty"`
	AuthorID      id       `json:"author_id,omitempty"`
	AuthorAvatar  string   `json:"author_avatar,omitempty"`
	AuthorColor   string   `json:"author_color,omitempty"`
	Badges        []title  `json:"badges,omitempty"`
	IsOwner       *bool    `json:"is_owner,omitempty"`
	IsModerator   *bool    `json:"is_moderator,omitempty"`
	IsSubscriber  *bool    `json:"is_subscriber,omitempty"`
	IsVerified    *bool    `json:"is_verified,omitempty"`
	IsBot         *bool    `json:"is_bot,omitempty"`
	Text          string   `json:"text"`
	Emotes        []string `json:"emotes,omitempty"`
	EmoteURLs     []string `json:"emote_urls,omitempty"`
	Image         string   `json:"image,omitempty"`
	Amount        string   `json:"amount,omitempty"`
	Currency      string   `json:"currency,omitempty"`
	Tier          *int     `json:"tier,omitempty"`
	StickerID     string   `json:"sticker_id,omitempty"`
	Months        *int     `json:"months,omitempty"`
	Level         string   `json:"level,omitempty"`
	IsGift        *bool    `json:"is_gift,omitempty"`
	GiftCount     *int     `json:"gift_count,omitempty"`
	GiftedTo      []string `json:"gifted_to,omitempty"`
	ReplyTo       string   `json:"reply_to,omitempty"`
	ReplyToID     string   `json:"reply_to_id,omitempty"`
	ThreadID      string   `json:"thread_id,omitempty"`
	IsFirst       *bool    `json:"is_first,omitempty"`
	IsAction      *bool    `json:"is_action,omitempty"`
	IsWhisper     *bool    `json:"is_whisper,omitempty"`
	Role          string   `json:"role,omitempty"`
	RoomRole      string   `json:"room_role,omitempty"`
	PartnerStatus string   `json:"partner_status,omitempty"`
	Discriminator string   `json:"discriminator,omitempty"`
}

type flatConnection struct {
	Status           string `json:"status"`
	ConnectionUUID   string `json:"connection_uuid,omitempty"`
	Reason           string `json:"reason,omitempty"`
	ChannelID        id     `json:"channel_id,omitempty"`
	ChannelURL       string `json:"channel_url,omitempty"`
	WebsiteChannelID id     `json:"website_channel_id,omitempty"`
}

var platforms = map[int]string{
	2: "twitch", 13: "youtube", 19: "facebook", 20: "facebook", 24: "dlive", 25: "discord", 26: "linkedin",
	27: "trovo", 28: "x", 29: "kick", 33: "rumble",
}

var types = map[int]string{
	1: "text", 2: "text", 3: "emoji", 4: "text", 5: "text", 7: "super_chat", 8: "super_sticker", 11: "text",
	12: "sticker", 13: "text", 14: "sticker", 21: "text", 22: "text", 23: "member_milestone", 24: "text", 25: "text",
	26: "subscription", 28: "membership", 29: "membership_gift", 32: "text",
}

// flat makes the record. The channels are those of the connections so far.
func (a *action) flat(channels map[string]string) *flatRecord {
	p := &a.Payload
	r := &flatRecord{
		Time: time.Unix(a.Timestamp, 0).UTC().Format(time.RFC3339), Action: a.Action,
		Platform: platforms[p.SourceID], SourceID: p.SourceID, Connection: p.Connection, UserID: p.UserID,
	}
	if a.Action == "connection_info" {
		channels[p.Connection] = p.Target.Owner.DisplayName
		r.flatConnection = &flatConnection{
			Status: p.Status, ConnectionUUID: p.ConnectionUUID, Reason: p.Reason,
			ChannelID: p.Target.Owner.ID, ChannelURL: p.Target.Owner.URL, WebsiteChannelID: p.Target.WebsiteChannelID,
		}
	} else {
		r.flatEvent = p.Event.flat(r.Platform)
		r.Type, r.TypeID, r.EventID = types[p.TypeID], p.TypeID, p.EventID
		if r.Type == "membership_gift" {
			r.IsGift = new(true)
		}
	}
	r.Channel = channels[p.Connection]
	return r
}

func (m *message) flat(platform string) *flatEvent {
	a := &m.Author
	e := &flatEvent{
		MessageID: cmp.Or(m.LiveChatMessageID, m.TwitchMessageID),
		Author:    cmp.Or(a.Nickname, a.DisplayName, a.Name, a.Username), AuthorID: a.ID,
		AuthorAvatar: cmp.Or(a.Avatar, a.AvatarURL, a.Picture), AuthorColor: cmp.Or(a.Color, a.NicknameColor),
		Badges: slices.Concat(a.Badges, a.Roles), IsBot: m.Bot, Text: m.Text, Image: m.Link,
		IsOwner: a.IsChatOwner, IsModerator: a.IsChatModerator,
		IsSubscriber: cmp.Or(a.IsChatSponsor, a.Subscribing), IsVerified: cmp.Or(a.IsVerified, a.Verified),
		Amount: m.Donation.Amount, Currency: m.Donation.Currency, Tier: m.Donation.Tier, StickerID: m.Donation.StickerID,
		Months: cmp.Or(a.SubscribedFor, m.SubscribedFor, m.MemberMilestone.Month),
		Level:  cmp.Or(m.MemberMilestone.LevelName, m.Membership.LevelName, m.GiftMemberships.LevelName),
		IsGift: m.Membership.Gift, GiftCount: m.GiftMemberships.Count, GiftedTo: m.GiftedTo,
		ReplyTo: cmp.Or(m.RepliedTo.DisplayName, m.Parent.Name), ReplyToID: m.RepliedTo.TwitchMessageID,
		ThreadID: m.RepliedInThread.TwitchMessageID, IsFirst: m.FirstMessage,
		IsAction: m.ContentModifiers.Me, IsWhisper: m.ContentModifiers.Whisper,
		Role: a.Role, RoomRole: a.RoomRole, PartnerStatus: a.PartnerStatus, Discriminator: a.Discriminator,
	}
	if len(m.GiftedTo) > 0 {
		e.IsGift, e.GiftCount = new(true), new(len(m.GiftedTo))
	}
	m.handle(e, platform)
	m.emotes(e)
	return e
}

// handle adds what each platform has a rule of its own for.
func (m *message) handle(e *flatEvent, platform string) {
	a := &m.Author
	switch platform {
	case "twitch":
		e.AuthorName = cmp.Or(a.Name, a.Username)
		has := func(words ...string) *bool {
			return new(slices.ContainsFunc(a.Badges, func(t title) bool {
				return slices.ContainsFunc(words, func(word string) bool {
					return strings.Contains(strings.ToLower(string(t)), word)
				})
			}))
		}
		e.IsOwner, e.IsModerator, e.IsSubscriber = has("broadcaster"), has("moderator"), has("subscriber", "founder")
	case "dlive":
		e.AuthorName = a.Username
		e.IsOwner, e.IsModerator = new(a.RoomRole == "Owner"), new(a.RoomRole == "Moderator")
	case "x", "kick":
		e.AuthorName = a.Username
	case "discord", "rumble":
		e.AuthorName = a.Name
	}
}

// emotes adds the words that are images.
func (m *message) emotes(e *flatEvent) {
	slices.Reverse(m.Replaces) // the last comes first
	text := []rune(m.Text)
	for _, replace := range m.Replaces {
		if replace.From >= 0 && replace.From <= replace.To && replace.To < len(text) {
			e.Emotes = append(e.Emotes, string(text[replace.From:replace.To+1]))
			e.EmoteURLs = append(e.EmoteURLs, replace.Payload.URL)
		}
	}
}
