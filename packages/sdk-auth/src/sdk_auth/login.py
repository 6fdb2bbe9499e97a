"""
Login: the ways to a token that ask a person.

`AuthorizationCode` opens a browser on this machine, or has a person copy an address from another
one; `DeviceCode` shows a short code to be typed in anywhere. Both are values for `sdk_auth.OAuth`.
"""

from ._authorization_code import AuthorizationCode
from ._beside import paste
from ._device_code import DeviceCode, DeviceLogin

__all__ = ["AuthorizationCode", "DeviceCode", "DeviceLogin", "paste"]
