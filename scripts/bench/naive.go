//go:build unix

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// naiveRole is restail in the most obvious way: a read with a timeout, encoding/json in
// and out, a write for each line. It writes the same records of nine in ten events, and
// shorter ones of the rest.
func naiveRole(url string) error {
	ws, _, err := websocket.Dial(context.Background(), url+"?accessToken=bench", nil)
	if err != nil {
		return err
	}
	ws.SetReadLimit(-1)
	lines := json.NewEncoder(os.Stdout)
	lines.SetEscapeHTML(false)
	channels := map[string]string{}
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		_, frame, err := ws.Read(ctx)
		cancel()
		if err != nil {
			return ended(err)
		}
		var a action
		if err := json.Unmarshal(frame, &a); err != nil {
			return err
		}
		if err := lines.Encode(a.flat(channels)); err != nil {
			return err
		}
	}
}

// action is the wire as the naive client declares it.
type action struct {
	Action    string
	Timestamp int64
	Payload   struct {
		ConnectionIdentifier, EventIdentifier, EventID, ShowID, Status string
		EventSourceID, EventTypeID, UserID                             int
		EventPayload                                                   message
		Target                                                         struct {
			Channel, Organization, Owner, Page, User struct{ DisplayName, Name string }
		}
	}
}

// message is what somebody said, on any platform.
type message struct {
	Author                        author
	Bot, FirstMessage             *bool
	Link, LiveChatMessageID, Text string
	TwitchMessageID               string
	SubscribedFor                 *int
	ContentModifiers              struct{ Me, Whisper *bool }
	Parent                        struct{ Name string }
	RepliedInThread               struct{ TwitchMessageID string }
	RepliedTo                     struct{ DisplayName, TwitchMessageID string }
	Donation                      struct {
		Amount, CurrencyString, StickerID string
		Tier                              *int
	}
	Replaces []struct {
		From, To int
		Payload  struct{ URL string }
	}
}

// author is who said it.
type author struct {
	Avatar, AvatarURL, Color, Discriminator, DisplayName, Name, Nickname string
	NicknameColor, Picture, Username                                     string
	Badges, Roles                                                        []title
	ID                                                                   id
	IsChatModerator, IsChatOwner, IsChatSponsor, IsVerified              *bool
	Verified                                                             *bool
	SubscribedFor                                                        *int
}

// id is a string, or the digits of a number.
type id string

func (i *id) UnmarshalJSON(text []byte) error {
	if text[0] != '"' {
		*i = id(text)
		return nil
	}
	return json.Unmarshal(text, (*string)(i))
}

// title is a badge or a role: a string, or an object that has one.
type title string

func (t *title) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return json.Unmarshal(text, (*string)(t))
	}
	var badge struct{ Name, Title string }
	err := json.Unmarshal(text, &badge)
	*t = title(badge.Title + badge.Name)
	return err
}

// flatRecord is the record as the naive client declares it.
type flatRecord struct {
	Time       string `json:"time"`
	Action     string `json:"action"`
	Platform   string `json:"platform,omitempty"`
	SourceID   int    `json:"source_id,omitempty"`
	Connection string `json:"connection,omitempty"`
	Channel    string `json:"channel,omitempty"`
	UserID     int    `json:"user_id,omitempty"`
	Status     string `json:"status,omitempty"`

	*flatEvent
}

type flatEvent struct {
	Type          string   `json:"type"`
	TypeID        int      `json:"type_id"`
	EventID       string   `json:"event_id,omitempty"`
	BroadcastID   string   `json:"broadcast_id,omitempty"`
	ShowID        string   `json:"show_id,omitempty"`
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
	ReplyTo       string   `json:"reply_to,omitempty"`
	ReplyToID     string   `json:"reply_to_id,omitempty"`
	ThreadID      string   `json:"thread_id,omitempty"`
	IsFirst       *bool    `json:"is_first,omitempty"`
	IsAction      *bool    `json:"is_action,omitempty"`
	IsWhisper     *bool    `json:"is_whisper,omitempty"`
	Discriminator string   `json:"discriminator,omitempty"`
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
		Platform: platforms[p.EventSourceID], SourceID: p.EventSourceID, Connection: p.ConnectionIdentifier, UserID: p.UserID,
	}
	if a.Action == "connection_info" {
		t := &p.Target
		channels[p.ConnectionIdentifier] = cmp.Or(t.Channel.Name, t.Owner.DisplayName, t.Page.Name, t.User.Name, t.Organization.Name)
		r.Status = p.Status
	} else {
		r.flatEvent = p.EventPayload.flat(r.Platform)
		r.Type, r.TypeID, r.EventID = types[p.EventTypeID], p.EventTypeID, p.EventIdentifier
		r.BroadcastID, r.ShowID = p.EventID, p.ShowID
	}
	r.Channel = channels[p.ConnectionIdentifier]
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
		IsSubscriber: a.IsChatSponsor, IsVerified: cmp.Or(a.IsVerified, a.Verified),
		Amount: m.Donation.Amount, Currency: m.Donation.CurrencyString, Tier: m.Donation.Tier, StickerID: m.Donation.StickerID,
		Months:  cmp.Or(a.SubscribedFor, m.SubscribedFor),
		ReplyTo: cmp.Or(m.RepliedTo.DisplayName, m.Parent.Name), ReplyToID: m.RepliedTo.TwitchMessageID,
		ThreadID: m.RepliedInThread.TwitchMessageID, IsFirst: m.FirstMessage,
		IsAction: m.ContentModifiers.Me, IsWhisper: m.ContentModifiers.Whisper,
		Discriminator: a.Discriminator,
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
