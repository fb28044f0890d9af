//go:build unix

package main

import "time"

// action is the wire as the naive client declares it.
type action struct {
	Action  string `json:"action"`
	Payload struct {
		ConnectionIdentifier string `json:"connectionIdentifier"`
		EventIdentifier      string `json:"eventIdentifier"`
		EventPayload         struct {
			Author struct {
				Avatar   string `json:"avatar"`
				Badges   any    `json:"badges"`
				Color    string `json:"color"`
				Display  string `json:"displayName"`
				ID       any    `json:"id"`
				Name     string `json:"name"`
				Username string `json:"username"`
			} `json:"author"`
			Bot      bool `json:"bot"`
			Donation struct {
				Amount   string `json:"amount"`
				Currency string `json:"currencyString"`
				Tier     int    `json:"tier"`
			} `json:"donation"`
			Replaces []struct {
				From    int `json:"from"`
				To      int `json:"to"`
				Payload struct {
					URL string `json:"url"`
				} `json:"payload"`
			} `json:"replaces"`
			Text string `json:"text"`
		} `json:"eventPayload"`
		EventSourceID int `json:"eventSourceId"`
		EventTypeID   int `json:"eventTypeId"`
		UserID        int `json:"userId"`
	} `json:"payload"`
	Timestamp int64 `json:"timestamp"`
}

// flatRecord is a record as the naive client declares it.
type flatRecord struct {
	Time       string   `json:"time"`
	Action     string   `json:"action"`
	SourceID   int      `json:"source_id,omitempty"`
	Connection string   `json:"connection,omitempty"`
	UserID     int      `json:"user_id,omitempty"`
	TypeID     int      `json:"type_id,omitempty"`
	EventID    string   `json:"event_id,omitempty"`
	Author     string   `json:"author"`
	AuthorName string   `json:"author_name,omitempty"`
	AuthorID   any      `json:"author_id,omitempty"`
	Avatar     string   `json:"author_avatar,omitempty"`
	Color      string   `json:"author_color,omitempty"`
	IsBot      bool     `json:"is_bot"`
	Text       string   `json:"text"`
	Emotes     []string `json:"emotes,omitempty"`
	EmoteURLs  []string `json:"emote_urls,omitempty"`
	Amount     string   `json:"amount,omitempty"`
	Currency   string   `json:"currency,omitempty"`
	Tier       int      `json:"tier,omitempty"`
}

func (a *action) flat() *flatRecord {
	p, e := &a.Payload, &a.Payload.EventPayload
	r := &flatRecord{
		Time: time.Unix(a.Timestamp, 0).UTC().Format(time.RFC3339), Action: a.Action,
		SourceID: p.EventSourceID, Connection: p.ConnectionIdentifier, UserID: p.UserID,
		TypeID: p.EventTypeID, EventID: p.EventIdentifier,
		Author: e.Author.Display, AuthorName: e.Author.Name, AuthorID: e.Author.ID, Avatar: e.Author.Avatar,
		Color: e.Author.Color, IsBot: e.Bot, Text: e.Text,
		Amount: e.Donation.Amount, Currency: e.Donation.Currency, Tier: e.Donation.Tier,
	}
	text := []rune(e.Text)
	for _, replace := range e.Replaces {
		if replace.From >= 0 && replace.From <= replace.To && replace.To < len(text) {
			r.Emotes = append(r.Emotes, string(text[replace.From:replace.To+1]))
			r.EmoteURLs = append(r.EmoteURLs, replace.Payload.URL)
		}
	}
	return r
}
