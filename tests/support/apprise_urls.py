"""A URL of Apprise for every service that ots_deliver notifies by, with made-up keys. Those with a host of their own say HOST."""

from __future__ import annotations


def key(length: int, of: str = "k3y") -> str:
    """A made-up key of that many characters."""
    return (of * length)[:length]


HEX = key(32, "0a1b2c3d")
UUID = "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9"
PHONE = "15550100999"

URLS = {
    "46elks": f"46elks://user:{key(12)}@{PHONE}",
    "atalk": f"atalk://user@{key(12)}/{PHONE}",
    "bark": f"bark://HOST/{key(16)}",
    "bulksms": f"bulksms://{key(10)}:{key(12)}@{PHONE}",
    "bulkvs": f"bulkvs://user:{key(12)}@{PHONE}",
    "burstsms": f"burstsms://{key(8)}:{key(16)}@{PHONE}/15550100998",
    "chanify": f"chanify://{key(20)}",
    "clicksend": f"clicksend://user:{key(12)}@{PHONE}",
    "cm": f"cm://{UUID}/{PHONE}",
    "d7sms": f"d7sms://{key(20)}@{PHONE}",
    "dingtalk": f"dingtalk://{key(32)}",
    "discord": f"discord://{key(24, '1234567890')}/{key(64)}",
    "eight00com": f"eight00com://{key(12)}@8005550100",
    "exotel": f"exotel://{HEX}:{HEX}@{PHONE}",
    "form": "form://HOST/in",
    "freemobile": f"freemobile://user@{key(14)}",
    "gorush": f"gorush://HOST/{key(20)}",
    "gotify": f"gotify://HOST/{key(15)}",
    "groupme": f"groupme://{key(26, '0a1b2c3d4e')}",
    "httpsms": f"httpsms://{key(20)}@{PHONE}",
    "infobip": f"infobip://{HEX}-01234567-89ab-cdef-0123@xyz123/{PHONE}",
    "json": "json://HOST/in",
    "kaleyra": f"kaleyra://HXAP16AAAAAA97IN:{HEX}f@SENDER/{PHONE}",
    "kumulos": f"kumulos://{UUID}/{key(36)}",
    "line": f"line://{key(30)}/alice",
    "mmost": f"mmost://HOST/{key(26)}",
    "mobilemsg": f"mobilemsg://user:{key(12)}@SENDER/0491570156",
    "msgbird": f"msgbird://{key(25)}/{PHONE}",
    "ncloud": f"ncloud://admin:{key(12)}@HOST/alice",
    "nctalk": f"nctalk://bot:{key(12)}@HOST/{key(8)}",
    "notica": f"notica://{key(6)}",
    "notifyre": f"notifyre://{key(16)}/{PHONE}",
    "ntfy": f"ntfy://tk_{key(29)}@HOST/alice",
    "octopush": f"octopush://ops@example.com/{key(16)}/{PHONE}",
    "onesignal": f"onesignal://{key(12)}@{key(16)}/alice",
    "parsep": f"parsep://{key(12)}:{key(16)}@HOST",
    "pbul": f"pbul://{key(32)}",
    "pjet": f"pjet://HOST/{key(32)}",
    "pover": f"pover://{key(30)}@{key(30, 'a1b')}",
    "prowl": f"prowl://{key(40)}",
    "push": f"push://{UUID}",
    "pushdeer": f"pushdeer://HOST/{key(16)}",
    "pushy": f"pushy://{key(30)}/alice",
    "revolt": f"revolt://{key(24)}/{key(24, 'ch4')}",
    "serwersms": f"serwersms://user:{key(12)}@SENDER/{PHONE}",
    "seven": f"seven://{key(25)}/{PHONE}",
    "signal": f"signal://HOST/{PHONE}/15550100998",
    "sinch": f"sinch://{HEX}:{HEX}@{PHONE}",
    "slack": f"slack://T{key(8, 'A1B2')}/B{key(8, 'A1B2')}/{key(24)}",
    "smsc": f"smsc://user:{key(12)}@{PHONE}",
    "smseagle": f"smseagle://{key(20)}@HOST/{PHONE}",
    "smstunnel": f"smstunnel://sk_live_{HEX}/{PHONE}",
    "telesign": f"telesign://0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9:{key(40)}@{PHONE}",
    "telnyx": f"telnyx://{key(20)}@{PHONE}",
    "tgram": f"tgram://123456789:{key(35)}/12315544/",
    "twilio": f"twilio://AC{HEX}:{HEX}@{PHONE}",
    "vonage": f"vonage://AC{key(8)}:{key(16)}@{PHONE}",
    "wecombot": f"wecombot://{key(30)}",
    "wxpusher": f"wxpusher://AT_{key(12)}/123",
    "xml": "xml://HOST/in",
    "zoom": f"zoom://{key(20)}/{key(20)}",
    "zulip": f"zulip://bot@example/{HEX}",
}
