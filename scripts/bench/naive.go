//go:build unix

package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/coder/websocket"
)

// naiveRole is restail in the most obvious way, as far as the corpus goes: a
// read with a timeout, encoding/json in and out, a write for each line. It
// writes the same records.
func naiveRole(args []string) error {
	ws, _, err := websocket.Dial(context.Background(), args[0]+"?accessToken=bench", nil)
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
	Action  string `json:"action"`
	Payload struct {
		Connection     string  `json:"connectionIdentifier"`
		ConnectionUUID string  `json:"connectionUuid"`
		EventID        string  `json:"eventIdentifier"`
		Event          message `json:"eventPayload"`
		SourceID       int     `json:"eventSourceId"`
		TypeID         int     `json:"eventTypeId"`
		Reason         string  `json:"reason"`
		Status         string  `json:"status"`
		Target         struct {
			Owner struct {
				DisplayName string `json:"displayName"`
				ID          id     `json:"id"`
				URL         string `json:"url"`
			} `json:"owner"`
			WebsiteChannelID id `json:"websiteChannelId"`
		} `json:"target"`
		UserID int `json:"userId"`
	} `json:"payload"`
	Timestamp int64 `json:"timestamp"`
}

// message is what somebody said, on any platform.
type message struct {
	Author           author `json:"author"`
	Bot              *bool  `json:"bot"`
	ContentModifiers struct {
		Me      *bool `json:"me"`
		Whisper *bool `json:"whisper"`
	} `json:"contentModifiers"`
	Donation struct {
		Amount    string `json:"amount"`
		Currency  string `json:"currencyString"`
		StickerID string `json:"stickerId"`
		Tier      *int   `json:"tier"`
	} `json:"donation"`
	FirstMessage    *bool `json:"firstMessage"`
	GiftMemberships struct {
		Count     *int   `json:"count"`
		LevelName string `json:"levelName"`
	} `json:"giftMemberships"`
	GiftedTo          []string `json:"giftedTo"`
	Link              string   `json:"link"`
	LiveChatMessageID string   `json:"liveChatMessageId"`
	MemberMilestone   struct {
		LevelName string `json:"memberLevelName"`
		Month     *int   `json:"memberMonth"`
	} `json:"memberMilestone"`
	Membership struct {
		Gift      *bool  `json:"gift"`
		LevelName string `json:"memberLevelName"`
	} `json:"membership"`
	Parent struct {
		Name string `json:"name"`
	} `json:"parent"`
	RepliedInThread struct {
		TwitchMessageID string `json:"twitchMessageId"`
	} `json:"repliedInThread"`
	RepliedTo struct {
		DisplayName     string `json:"displayName"`
		TwitchMessageID string `json:"twitchMessageId"`
	} `json:"repliedTo"`
	Replaces []struct {
		From    int `json:"from"`
		Payload struct {
			URL string `json:"url"`
		} `json:"payload"`
		To int `json:"to"`
	} `json:"replaces"`
	SubscribedFor   *int   `json:"subscribedFor"`
	Text            string `json:"text"`
	TwitchMessageID string `json:"twitchMessageId"`
}

// author is who said it.
type author struct {
	Avatar          string  `json:"avatar"`
	AvatarURL       string  `json:"avatarUrl"`
	Badges          []title `json:"badges"`
	Color           string  `json:"color"`
	Discriminator   string  `json:"discriminator"`
	DisplayName     string  `json:"displayName"`
	ID              id      `json:"id"`
	IsChatModerator *bool   `json:"isChatModerator"`
	IsChatOwner     *bool   `json:"isChatOwner"`
	IsChatSponsor   *bool   `json:"isChatSponsor"`
	IsVerified      *bool   `json:"isVerified"`
	Name            string  `json:"name"`
	Nickname        string  `json:"nickname"`
	NicknameColor   string  `json:"nicknameColor"`
	PartnerStatus   string  `json:"partnerStatus"`
	Picture         string  `json:"picture"`
	Role            string  `json:"role"`
	Roles           []title `json:"roles"`
	RoomRole        string  `json:"roomRole"`
	SubscribedFor   *int    `json:"subscribedFor"`
	Subscribing     *bool   `json:"subscribing"`
	Username        string  `json:"username"`
	Verified        *bool   `json:"verified"`
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
	var badge struct {
		Name  string `json:"name"`
		Title string `json:"title"`
	}
	err := json.Unmarshal(text, &badge)
	*t = title(badge.Title + badge.Name)
	return err
}
