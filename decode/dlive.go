package decode

import (
	"bytes"

	"github.com/restail/restail/decode/record"
)

var dlive = Platform{
	Slug: "dlive", Name: "DLive", Color: 100,
	sources: []int{24},
	Types:   []EventType{{2, "text", (*row).dlive}, {3, "emoji", (*row).dlive}},
	handle:  []key{keyUsername},
}

func (r *row) dlive() {
	r.putList(record.Badges, keyBadges, inArray)
	r.dliveRoles()
}

// dliveRoles writes the author's roles on DLive and in the room.
func (r *row) dliveRoles() {
	r.put(record.Role, keyRole)
	r.put(record.RoomRole, keyRoomRole)
	r.put(record.PartnerStatus, keyPartnerStatus)
	r.put(record.IsSubscriber, keySubscribing)
	if role := r.Bytes(record.RoomRole); role != nil {
		r.SetBool(record.IsOwner, bytes.EqualFold(role, []byte("owner")))
		r.SetBool(record.IsModerator, bytes.EqualFold(role, []byte("moderator")))
	}
}
