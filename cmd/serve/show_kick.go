package serve

import "strconv"

// Marks in the cast: bot. In brackets: sub [MONTHS], and gifts NAME… for
// subscriptions given to others.

func kickRooms() []*room {
	return []*room{{
		key: "kick", slug: "kick", source: 29, target: "6119790",
		about:   ownedBy("kick", "lotteworkbench", "6119790", 4100110),
		emotes:  []string{"kickBzzt", "kickGoat", "kickSalute"},
		answers: true,
		voice:   kickVoice,
	}}
}

// kickVoice knows no display names and no avatars; ids are numbers here alone.
func kickVoice(l line) (int, object) {
	switch l.how {
	case "sub":
		payload := object{"author": object{"username": l.by.name}}
		if len(l.details) > 0 {
			payload["subscribedFor"], _ = strconv.Atoi(l.details[0])
		}
		return 26, payload
	case "gifts":
		return 26, object{"author": object{"username": l.by.name}, "giftedTo": l.details}
	}
	id, _ := strconv.Atoi(digits(8, "kick", l.by.nick))
	payload := object{
		"author":   object{"id": id, "username": l.by.name},
		"bot":      l.by.is("bot"),
		"replaces": l.replaces(),
		"text":     l.text,
	}
	if l.to != nil {
		payload["parent"] = object{"name": l.to.name}
	}
	return 25, payload
}
