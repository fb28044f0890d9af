//go:build unix

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// plain are the words of most messages. Of a hundred, so many are made of
// others: with emoji, in other scripts, with what JSON has to escape.
var (
	plain = strings.Fields(`hello chat that was so good what no way lol the stream is live again who won first time
here love this song can you play it one more from Norway good night everybody see you tomorrow gg wp`)
	others = []struct {
		often int
		words []string
	}{
		{20, strings.Fields(`so good 😂 love it 🎉 what a night ❤️ nice one 👩‍🔧 hello from 🇯🇵 see you there 🔥`)},
		{8, strings.Fields(`привет как дела друзья сегодня こんばんは すごい 안녕하세요 선생님 café señor straße Grüße`)},
		{4, strings.Fields(`they said "no way" to me and it is in C:\chat <3 a&b ok`)},
	}
)

var emotes = []string{"KlangHype", "KlangSmoke", ":goat:", "LUL"}

func (w *writer) vocabulary() []string {
	one := w.IntN(100)
	for _, o := range others {
		if one -= o.often; one < 0 {
			return o.words
		}
	}
	return plain
}

// text is a message; a sixth of its words are of those mixed in.
func (w *writer) text(mixed []string) string {
	vocabulary := w.vocabulary()
	text := []string{}
	for range 6 + w.IntN(21) {
		from := vocabulary
		if mixed != nil && w.IntN(6) == 0 {
			from = mixed
		}
		text = append(text, from[w.IntN(len(from))])
	}
	return strings.Join(text, " ")
}

func (w *writer) name() string { return fmt.Sprintf("viewer_%05d", w.IntN(50_000)) }

func (w *writer) id() string { return fmt.Sprint(10_000_000 + w.IntN(90_000_000)) }

func (w *writer) url(what string) string {
	return fmt.Sprintf("https://cdn.example.com/%s/%016x/%016x.png", what, w.Uint64(), w.Uint64())
}

// emoted adds a text with emotes to a payload, and where they are.
func (w *writer) emoted(payload object) object {
	text := w.text(emotes)
	replaces := []object{}
	at := 0
	for word := range strings.SplitSeq(text, " ") {
		length := len([]rune(word))
		if slices.Contains(emotes, word) {
			replaces = append(replaces, object{"from": at, "payload": object{"url": w.url("emote")}, "to": at + length - 1, "type": "imageUrl"})
		}
		at += length + 1
	}
	slices.Reverse(replaces)
	payload["text"], payload["replaces"] = text, replaces
	return payload
}

func twitchText(w *writer) object {
	badges := []object{}
	for _, title := range []string{"Moderator", "6-Month Subscriber", "VIP"} {
		if w.IntN(3) == 0 {
			badges = append(badges, object{"clickUrl": nil, "imageUrl": w.url("badge"), "title": title})
		}
	}
	name := w.name()
	return w.emoted(object{
		"author": object{
			"avatar": w.url("avatar"), "badges": badges, "color": "#1E90FF", "displayName": name,
			"id": w.id(), "name": name, "subscribedFor": nil, "username": name,
		},
		"bot":              false,
		"contentModifiers": object{"me": false, "whisper": false},
		"firstMessage":     false,
		"repliedInThread":  nil,
		"repliedTo":        nil,
		"twitchMessageId":  fmt.Sprintf("%08x-0000-4000-8000-%012x", w.Uint32(), w.Uint32()),
	})
}

func (w *writer) youtube(more object) object {
	payload := object{
		"author": object{
			"avatar": w.url("avatar"), "displayName": w.name(), "id": "UC" + w.id(), "isChatModerator": w.IntN(9) == 0,
			"isChatOwner": false, "isChatSponsor": w.IntN(3) == 0, "isVerified": w.IntN(9) == 0,
		},
		"bot":               false,
		"liveChatMessageId": fmt.Sprintf("LCC.%016x%016x", w.Uint64(), w.Uint64()),
		"text":              w.text(nil),
	}
	maps.Copy(payload, more)
	return payload
}

func discordText(w *writer) object {
	return object{
		"author": object{
			"avatar": w.url("avatar"), "discriminator": "0", "id": w.id(), "name": w.name(), "nickname": nil,
			"nicknameColor": "#2ecc71", "roles": []object{{"color": "#2ecc71", "name": "Regular"}},
		},
		"bot":  false,
		"text": w.text(nil),
	}
}

func (w *writer) dlive(more object) object {
	payload := object{
		"author": object{
			"avatar": w.url("avatar"), "badges": []string{"Early Bird"}, "name": w.name(), "partnerStatus": "NONE",
			"role": "None", "roomRole": "Member", "subscribing": w.IntN(2) == 0, "username": w.name(),
		},
		"bot": false,
	}
	maps.Copy(payload, more)
	return payload
}

func (w *writer) facebook(more object) object {
	payload := object{
		"author": object{"id": w.id(), "name": w.name(), "picture": w.url("avatar")},
		"bot":    false,
		"text":   w.text(nil),
	}
	if w.IntN(4) == 0 {
		payload["parent"] = object{"name": w.name()}
	}
	maps.Copy(payload, more)
	return payload
}
