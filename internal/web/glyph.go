package web

import "strings"

// glyphs are the portal's icons that stand for those of Font Awesome 4, by which applications name theirs.
var glyphs = func() map[string]string {
	m := map[string]string{}
	for icon, names := range map[string]string{
		"paperclip":    "paperclip",
		"smile":        "smile-o meh-o frown-o",
		"star":         "star star-o star-half magic trophy",
		"phone":        "phone phone-square mobile tty volume-control-phone",
		"mail":         "envelope envelope-o envelope-open at inbox",
		"calendar":     "calendar calendar-o calendar-check-o calendar-plus-o calendar-times-o",
		"clock":        "clock-o hourglass hourglass-o hourglass-half history stopwatch",
		"tasks":        "tasks check-square check-square-o list-ol list-alt",
		"check":        "check thumbs-up thumbs-o-up",
		"chart":        "bar-chart bar-chart-o line-chart area-chart pie-chart dashboard tachometer",
		"user":         "user user-o user-circle user-circle-o user-md",
		"users":        "users group sitemap",
		"user-plus":    "user-plus",
		"file":         "file file-o file-text file-text-o file-pdf-o file-word-o file-excel-o files-o",
		"folder":       "folder folder-o folder-open folder-open-o archive",
		"image":        "image picture-o photo file-image-o camera",
		"link":         "link chain external-link share share-alt",
		"search":       "search binoculars",
		"settings":     "cog cogs gear gears wrench sliders",
		"globe":        "globe language map map-o map-marker location-arrow",
		"bot":          "android reddit-alien microchip",
		"bolt":         "bolt flash rocket plane send-o",
		"send":         "send paper-plane paper-plane-o",
		"store":        "shopping-cart shopping-bag shopping-basket cart-plus",
		"tag":          "tag tags ticket percent",
		"box":          "cube cubes dropbox gift truck",
		"crm":          "filter handshake-o briefcase",
		"bell":         "bell bell-o bullhorn",
		"messenger":    "comment comment-o comments comments-o commenting commenting-o wechat weixin",
		"question":     "question question-circle question-circle-o life-ring support",
		"info":         "info info-circle",
		"warning":      "warning exclamation exclamation-circle exclamation-triangle bug",
		"lock":         "lock unlock shield user-secret",
		"key":          "key",
		"code":         "code terminal code-fork file-code-o",
		"webhook":      "plug exchange random",
		"download":     "download cloud-download",
		"upload":       "upload cloud-upload cloud",
		"edit":         "edit pencil pencil-square pencil-square-o",
		"trash":        "trash trash-o",
		"mic":          "microphone microphone-slash headphones volume-up",
		"play":         "play play-circle play-circle-o video-camera film youtube-play",
		"refresh":      "refresh repeat spinner",
		"list":         "list list-ul bars navicon reorder table",
		"home":         "home building building-o university",
		"flag":         "flag flag-o flag-checkered",
		"fire":         "fire heart heart-o",
		"sun":          "sun-o lightbulb-o",
		"moon":         "moon-o coffee",
		"feed":         "newspaper-o rss book credit-card money calculator",
		"keyboard":     "keyboard-o",
		"plus":         "plus plus-circle plus-square",
		"forward":      "forward mail-forward arrow-right",
		"reply":        "reply reply-all mail-reply",
		"pin":          "thumb-tack",
		"apps":         "th th-large puzzle-piece",
		"eye":          "eye low-vision",
		"logout":       "sign-out sign-in",
		"copy":         "copy clone clipboard",
		"hash":         "hashtag slack",
		"monitor":      "desktop laptop television tablet",
		"console":      "window-maximize server database",
		"check-circle": "check-circle check-circle-o",
	} {
		for name := range strings.FieldsSeq(names) {
			m[name] = icon
		}
	}
	return m
}()

// Glyph returns the icon of the portal's set that stands for what the application named; "" where there is none: the first
// letter of the title then does.
func (w Widget) Glyph() string {
	for name := range strings.FieldsSeq(strings.ToLower(w.Icon)) {
		if icon := glyphs[strings.TrimPrefix(name, "fa-")]; icon != "" {
			return icon
		}
	}
	return ""
}
