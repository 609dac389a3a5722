package consoleweb

import "strconv"

// whyURL returns the page that explains why a bot did not answer a message.
func whyURL(messageID, botID int64) string {
	return "/devops/console/why/" + strconv.FormatInt(messageID, 10) + "/?bot=" + strconv.FormatInt(botID, 10)
}
