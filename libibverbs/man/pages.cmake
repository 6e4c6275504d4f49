# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB

# man_pages(PREFIX): installs those of this folder. A page names its calls, which
# begin with PREFIX, under NAME; the first is the file, the others get a file that
# refers to it.
function(man_pages prefix)
	file(GLOB pages CONFIGURE_DEPENDS *.3)
	foreach(page ${pages})
		get_filename_component(first ${page} NAME_WE)
		file(STRINGS ${page} names REGEX "^${prefix}.* \\\\- ")
		list(TRANSFORM names REPLACE " \\\\-.*" "")
		string(REPLACE ", " ";" names "${names}")
		list(REMOVE_ITEM names ${first})
		foreach(name ${names})
			file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}.3
				".so man3/${first}.3\n")
			install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.3
				DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
		endforeach()
	endforeach()
	install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man3)
endfunction()
